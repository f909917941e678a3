/**
 * Random devicetree source that follows the grammar (and now and then does not): short names from small pools, so that definitions
 * meet, delete and refer to each other. All choices come from one stream of numbers, which fast-check generates and shrinks.
 */
export class Choices {
  private at = 0

  constructor(private readonly stream: readonly number[]) {}

  /** A whole number below `count`; 0 when the stream is used up, so that everything ends. */
  below(count: number): number {
    const value = this.stream[this.at++]
    return value === undefined ? 0 : value % count
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** One time in `count`. */
  rarely(count: number): boolean {
    return this.below(count) === count - 1
  }

  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }
}

const labels = ['a', 'b', 'c', 'n1', 'l_2', 'reg']
const nodes = ['x', 'y@1', 'z', 'x@0', 'cpus', 'cpu@0', 'a-b,c', '1w']
const properties = ['p', 'q', 'reg', '#size-cells', 'x', 'phandle', 'foo,bar', 'name-x', 'r', 'status']

export interface GenerateOptions {
  /** With macros, conditions and directives. */
  preprocessor?: boolean
  plugin?: boolean
  /** Avoids most errors: labels exist and are unique, numbers fit, one body names nothing twice. */
  valid?: boolean
}

/** Defines every label of the pool, for valid source. */
const foundation =
  '/ { a: x { p = <1>; b: z { }; }; c: y@1 { reg = <1>; }; n1: cpus { l_2: cpu@0 { reg = <5>; }; }; reg: w { }; };\n'

export function generateSource(stream: readonly number[], options: GenerateOptions = {}): string {
  return new Generator(new Choices(stream), options).file()
}

class Generator {
  private depth = 0
  private fresh = 0
  private used = new Set<string>()

  constructor(
    private readonly choices: Choices,
    private readonly options: GenerateOptions,
  ) {}

  /** A name that this body does not have yet; null when that is not found at once. */
  private unused(names: readonly string[]): string | null {
    const name = this.choices.of(names)
    if (this.options.valid && (this.used.has(name) || name === 'phandle')) return null
    this.used.add(name)
    return name
  }

  file(): string {
    const { choices } = this
    const head = this.options.plugin ? '/dts-v1/;\n/plugin/;\n' : '/dts-v1/;\n'
    // a size of 0 ends the list in a blob
    const size = (): string => (this.options.valid ? '0x10' : this.primary())
    const reservations = choices.some(2, () => `/memreserve/ ${this.primary()} ${size()};\n`)
    const items = choices.some(5, () => this.item())
    return (
      (this.options.preprocessor ? this.macros() : '') +
      head +
      reservations.join('') +
      (this.options.valid ? foundation : `/ ${this.body()};\n`) +
      items.join('')
    )
  }

  private macros(): string {
    return [
      '#define ONE 1',
      '#define SUM(x, y) ((x) + (y))',
      '#define CELL <ONE 2>',
      '#define EMPTY',
      `#define NAME ${this.choices.of(nodes)}`,
      '#define TWICE(x) x x',
      '#define CAT(x, y) x ## y',
      '#define STR(x) #x',
      '',
    ].join('\n')
  }

  private item(): string {
    const { choices } = this
    const item = choices.below(8)
    if (item < 3) return `/ ${this.body()};\n`
    const target = this.reference()
    // a root that is labelled or deleted cannot be written as source again
    const isRoot = this.options.valid && target === '&{/}'
    if (item < 6 || isRoot) return `${isRoot ? '' : this.label()}${target} ${this.body()};\n`
    return `${item === 6 ? '/delete-node/' : '/omit-if-no-ref/'} ${target};\n`
  }

  private body(): string {
    const { choices } = this
    this.depth++
    const outer = this.used
    this.used = new Set()
    const own = choices.some(4, () => this.property())
    const children = this.depth < 4 ? choices.some(3, () => this.child()) : []
    this.used = outer
    this.depth--
    return `{ ${own.join(' ')} ${children.join(' ')} }`
  }

  private label(): string {
    if (this.options.valid) return this.choices.rarely(4) ? `u${this.fresh++}: ` : ''
    return this.choices.rarely(3) ? `${this.choices.of(labels)}: ` : ''
  }

  private child(): string {
    const { choices } = this
    const name = this.options.valid ? this.unused(nodes) : (this.macro('NAME') ?? choices.of(nodes))
    if (name === null) return ''
    if (choices.rarely(8)) return `/delete-node/ ${name};`
    return `${this.label()}${choices.rarely(6) ? '/omit-if-no-ref/ ' : ''}${this.label()}${name} ${this.body()};`
  }

  private property(): string {
    const { choices } = this
    const name = this.unused(properties)
    if (name === null) return ''
    if (choices.rarely(8)) return `/delete-property/ ${name};`
    if (choices.rarely(6)) return this.conditional(`${this.label()}${name};`)
    const values = [this.value(), ...choices.some(2, () => this.value())]
    return this.conditional(`${this.label()}${name} = ${values.join(choices.rarely(5) ? ' , ' : ',')};`)
  }

  private conditional(text: string): string {
    if (!this.options.preprocessor || !this.choices.rarely(5)) return text
    const condition = this.choices.of([
      '#ifdef ONE',
      '#ifndef EMPTY',
      '#if ONE == 1 && !defined(NOPE)',
      '#if SUM(1, 2) > 3',
      '#if 0',
    ])
    return `\n${condition}\n${text}\n#else\nother = "${this.choices.below(9)}";\n#endif\n`
  }

  private value(): string {
    const { choices } = this
    const text = [
      () => `<${choices.some(4, () => this.cell()).join(' ')}>`,
      () =>
        `"${choices.some(4, () => choices.of(['a', ' ', '\\n', '\\\\', '\\"', '\\x4', '\\123', '\\0', 'é', '/*', '//'])).join('')}"`,
      () =>
        `[${choices.some(4, () => choices.of(['00', 'fF', 'a1', ` ${this.label()}`, ...(this.options.valid ? [] : ['1 2'])])).join(choices.of(['', ' ']))}]`,
      () => this.reference(),
      () => `/bits/ ${choices.of([8, 16, 32, 64])} <${choices.some(3, () => this.primary()).join(' ')}>`,
      () => this.macro('CELL') ?? '<1>',
      () => (this.options.preprocessor ? `STR(${choices.of(['a b', '"x"', 'ONE', "'c'"])})` : '"s"'),
    ][choices.below(7)]!()
    return this.label() + text + (choices.rarely(6) ? ` ${this.label()}` : '')
  }

  private macro(name: 'ONE' | 'CELL' | 'NAME'): string | null {
    return this.options.preprocessor && this.choices.rarely(3) ? name : null
  }

  private cell(): string {
    const { choices } = this
    if (choices.rarely(4)) return this.reference()
    if (choices.rarely(9)) return this.label()
    return this.primary()
  }

  private reference(): string {
    const { choices } = this
    return choices.rarely(4)
      ? `&{${choices.of(['/', '/x', '/y@1', '/x/z', '/cpus/cpu@0', this.options.valid ? '/w' : '/nope'])}}`
      : `&${choices.of(labels)}`
  }

  private primary(): string {
    const { choices } = this
    const macro =
      this.macro('ONE') ?? (this.options.preprocessor && choices.rarely(4) ? `SUM(${this.primary()}, ONE)` : null)
    if (macro) return macro
    if (choices.rarely(4)) return this.options.valid ? `((${this.expression(3)}) & 0x7f)` : `(${this.expression(3)})`
    if (this.options.valid) return choices.of(['0', '1', '0x10', '017', '2U', '3ULL', "'a'", "'\\n'", '0x7f'])
    return choices.of([
      '0',
      '1',
      '0x10',
      '017',
      '4294967295',
      '0xffffffffffffffff',
      '2U',
      '3ULL',
      "'a'",
      "'\\n'",
      '0x80000000',
      '12345678901',
    ])
  }

  private expression(budget: number): string {
    const { choices } = this
    if (budget === 0) return choices.of(['1', '2', '0', '0xff', '0x8000000000000000', '31', '64', '7'])
    const inner = (): string =>
      this.options.valid ? `(${this.expression(choices.below(budget))})` : this.expression(choices.below(budget))
    const kind = choices.below(6)
    if (kind === 0) return `${choices.of(['-', '~', '!'])}${inner()}`
    if (kind === 1) return `(${inner()})`
    if (kind === 2) return `(${inner()} ? ${inner()} : ${inner()})`
    const operator = choices.of([
      '+',
      '-',
      '*',
      '/',
      '%',
      '<<',
      '>>',
      '<',
      '>',
      '<=',
      '>=',
      '==',
      '!=',
      '&',
      '|',
      '^',
      '&&',
      '||',
    ])
    const divides = this.options.valid && (operator === '/' || operator === '%')
    return `${inner()} ${operator} ${divides ? '3' : inner()}`
  }
}

/** Damages a text at a few places, for input that nobody meant. */
export function damage(text: string, stream: readonly number[]): string {
  const choices = new Choices(stream)
  let damaged = text
  for (let times = choices.below(6); times > 0; times--) {
    const at = choices.below(damaged.length + 1)
    const length = choices.below(8)
    const insert = choices.of([
      '',
      ';',
      '}',
      '{',
      '"',
      "'",
      '<',
      '>',
      '/*',
      '&',
      '#',
      '\n#if\n',
      '\\',
      '(',
      '\0',
      '\u{1f600}',
      '/include/ "self.dts"',
      '#define ONE ONE ONE\n',
    ])
    damaged = damaged.slice(0, at) + insert + damaged.slice(at + length)
  }
  return damaged
}
