/**
 * IOMMUs of real boards: page sizes and address bits as their drivers in drivers/iommu announce them. The page tables of the Arm
 * units follow the kernel's page size; theirs are given for 4 KiB pages.
 */
import { GiB, KiB, MiB, type Bytes } from '@shared/units.ts'

export interface IommuModel {
  compatible: RegExp
  model: string
  iovaBits: number
  pageSizes: Bytes[]
}

const LPAE = [4 * KiB, 2 * MiB, GiB]
const SHORT = [4 * KiB, 64 * KiB, MiB, 16 * MiB]
/** RK_IOMMU_PGSIZE_BITMAP: every power of two from 4 KiB to 4 MiB. */
const ROCKCHIP = Array.from({ length: 11 }, (_, n) => 4 * KiB * 2 ** n)

/** The first row that matches one of the node's compatible strings counts. */
const IOMMU_MODELS: readonly IommuModel[] = [
  { compatible: /^arm,smmu-v3$/, model: 'arm,smmu-v3', iovaBits: 48, pageSizes: LPAE },
  { compatible: /^arm,mmu-(500|600|700)$|smmu-500$/, model: 'arm,mmu-500', iovaBits: 48, pageSizes: LPAE },
  { compatible: /^arm,mmu-40[01]$|^arm,smmu-v1$/, model: 'arm,smmu-v1', iovaBits: 32, pageSizes: LPAE },
  { compatible: /smmu-v2$/, model: 'arm,smmu-v2', iovaBits: 48, pageSizes: LPAE },
  {
    compatible: /^qcom,msm-iommu-v[12]|^qcom,msm\d+-iommu/,
    model: 'qcom,msm-iommu',
    iovaBits: 32,
    pageSizes: [4 * KiB],
  },
  { compatible: /^qcom,apq8064-iommu$/, model: 'qcom,apq8064-iommu', iovaBits: 32, pageSizes: SHORT },
  { compatible: /^rockchip,(rk3568-)?iommu$/, model: 'rockchip,iommu', iovaBits: 32, pageSizes: ROCKCHIP },
  { compatible: /^mediatek,mt2701-m4u$/, model: 'mediatek,m4u-v1', iovaBits: 32, pageSizes: [4 * KiB] },
  { compatible: /^mediatek,mt(8188|8192|8195|8186)-/, model: 'mediatek,iommu', iovaBits: 34, pageSizes: SHORT },
  { compatible: /^mediatek,.*-(m4u|iommu)/, model: 'mediatek,m4u', iovaBits: 32, pageSizes: SHORT },
  { compatible: /^ti,(omap[24]|dra7)(-dsp)?-iommu$/, model: 'ti,omap-iommu', iovaBits: 32, pageSizes: SHORT },
  { compatible: /^apple,t8103(-usb4)?-dart$/, model: 'apple,dart', iovaBits: 32, pageSizes: [16 * KiB] },
  { compatible: /^apple,.*-dart$/, model: 'apple,dart', iovaBits: 42, pageSizes: [16 * KiB] },
  { compatible: /^samsung,exynos-sysmmu$/, model: 'samsung,sysmmu', iovaBits: 32, pageSizes: SHORT.slice(0, 3) },
  { compatible: /^allwinner,sun50i-.*-iommu$/, model: 'allwinner,sun50i-iommu', iovaBits: 32, pageSizes: [4 * KiB] },
  { compatible: /^renesas,(.*ipmmu.*)$/, model: 'renesas,ipmmu', iovaBits: 32, pageSizes: LPAE },
  { compatible: /^nvidia,tegra\d+-(smmu|mc)$/, model: 'nvidia,tegra-smmu', iovaBits: 32, pageSizes: [4 * KiB] },
  { compatible: /^sprd,iommu-v1$/, model: 'sprd,iommu', iovaBits: 32, pageSizes: [4 * KiB] },
  { compatible: /^virtio,|^pci1af4,1057$/, model: 'virtio,iommu', iovaBits: 48, pageSizes: LPAE },
]

/** What serves a unit that no row knows. */
export const UNKNOWN_IOMMU = { model: null, iovaBits: 48, pageSizes: LPAE }

/** The model that one of the compatible strings names; null for none. */
export const recogniseIommu = (compatible: readonly string[]): IommuModel | null =>
  compatible.map((c) => IOMMU_MODELS.find((m) => m.compatible.test(c))).find((m) => m !== undefined) ?? null
