/** What a project without a board begins with: the smallest tree that boots, and the area that most boards want first. */
export const newBoard = `/dts-v1/;

/ {
	#address-cells = <2>;
	#size-cells = <2>;
	model = "New board";
	compatible = "vendor,board";

	chosen {
		bootargs = "console=ttyS0";
	};

	memory@40000000 {
		device_type = "memory";
		reg = <0x0 0x40000000 0x0 0x40000000>; /* 1 GiB */
	};

	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;

		camera_pool: camera {
			compatible = "shared-dma-pool";
			reusable;
			size = <0x0 0x4000000>; /* 64 MiB, wherever the kernel finds room */
		};
	};

	camera@30000000 {
		compatible = "vendor,camera";
		reg = <0x0 0x30000000 0x0 0x1000>;
		memory-region = <&camera_pool>;
	};
};
`
