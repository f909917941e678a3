export interface BoardText {
  bootargs?: string
  /** Beside /reserved-memory. */
  rest?: string
  /** Cells of the memory node's `reg`. */
  ram?: string
}

/** A board for the memory checks: 1 GiB of RAM at 1 GiB, two cells each, as most 64-bit boards; `regions` go into /reserved-memory. */
export const boardText = (
  regions: string,
  { bootargs = '', rest = '', ram = '0 0x40000000 0 0x40000000' }: BoardText = {},
): string => `/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <${ram}>; };
	chosen { bootargs = "${bootargs}"; };
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
${regions}
	};
${rest}
};
`
