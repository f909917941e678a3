/** A kernel's `.config` (scripts/kconfig): CONFIG_NAME=value lines; what is not set is absent. */
export class KernelConfig {
  readonly #values = new Map<string, string>()

  /** `text`: a whole `.config`; lines that are not assignments are ignored, the last assignment wins. */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const match = /^CONFIG_(\w+)=(.*?)\s*$/.exec(line)
      if (match) this.#values.set(match[1]!, match[2]!)
    }
  }

  /** `name` without CONFIG_; true for y and m. */
  on(name: string): boolean {
    const value = this.#values.get(name)
    return value === 'y' || value === 'm'
  }

  /** A decimal or hexadecimal number; `otherwise` where the symbol is not set. */
  number(name: string, otherwise: number): number {
    const value = this.#values.get(name)
    return value === undefined ? otherwise : Number(value)
  }
}
