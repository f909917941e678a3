import { describe, expect, test } from 'vitest'
import { checkNames } from '../../../src-main/devicetree/index.ts'
import { compileText } from '../compile-text.ts'

/** What the named check says of a tree, without the name. */
function said(name: string, body: string, warnings: string[] = []): string[] {
  const { diagnostics } = compileText(`/dts-v1/;\n${body.startsWith('/') ? body : `/ { ${body} };`}\n`, { warnings })
  return diagnostics.filter((d) => d.code === name).map((d) => d.message)
}

const cells = '#address-cells = <1>; #size-cells = <1>;'

describe('each check', () => {
  test.each([
    ['duplicate_node_names', 'a { }; a { };', '/a: Duplicate node name'],
    ['duplicate_property_names', 'a; a;', '/:a: Duplicate property name'],
    ['node_name_chars', 'a#b { };', "/a#b: Bad character '#' in node name"],
    ['node_name_format', 'a@1@2 { };', "/a@1@2: multiple '@' characters in node name"],
    ['property_name_chars', 'a@b;', "/:a@b: Bad character '@' in property name"],
    ['name_is_string', 'n { name = <1>; };', '/n:name: property is not a string'],
    ['name_properties', 'n { name = "x"; };', '/n: "name" property is incorrect ("x" instead of base node name)'],
    ['node_name_vs_property_name', 'n; n { };', '/n: node name and property name conflict'],
    ['duplicate_label', 'l: a { }; l: b { };', "/b: Duplicate label 'l' on /b and /a"],
    ['duplicate_label', 'l: p; q = l: <1>;', "/: Duplicate label 'l' on value of 'q' in / and 'p' in /"],
    [
      'explicit_phandles',
      'a { phandle = <1>; }; b { phandle = <1>; };',
      '/b: duplicated phandle 0x1 (seen before at /a)',
    ],
    ['explicit_phandles', 'a { phandle = <1 2>; };', '/a:phandle: bad length (8) phandle property'],
    ['phandle_references', 'p = <&nope>;', '/: Reference to non-existent node or label "nope"'],
    ['path_references', 'p = &nope;', '/: Reference to non-existent node or label "nope"'],
    ['address_cells_is_cell', '#address-cells = "x";', '/:#address-cells: property is not a single cell'],
    ['status_is_string', 'n { status = <1>; };', '/n:status: property is not a string'],
    ['compatible_is_string_list', 'compatible = "a", <1>, [01];', '/:compatible: property is not a string list'],
    ['names_is_string_list', 'clock-names = [01];', '/:clock-names: property is not a string list'],
    [
      'reg_format',
      `${cells} n@1 { reg = <1 2 3>; };`,
      '/n@1:reg: property has invalid length (12 bytes) (#address-cells == 1, #size-cells == 1)',
    ],
    [
      'ranges_format',
      `${cells} n { ranges; };`,
      '/n:ranges: empty "ranges" property but its #address-cells (2) differs from / (1)',
    ],
    [
      'dma_ranges_format',
      `${cells} n { dma-ranges = <1>; };`,
      '/n:dma-ranges: "dma-ranges" property has invalid length (4 bytes) (parent #address-cells == 1, child #address-cells == 2, #size-cells == 1)',
    ],
    ['unit_address_vs_reg', 'n@1 { };', '/n@1: node has a unit name, but no reg or ranges property'],
    ['unit_address_vs_reg', `${cells} n { reg = <1 1>; };`, '/n: node has a reg or ranges property, but no unit name'],
    ['unit_address_format', 'n@0x1 { };', '/n@0x1: unit name should not have leading "0x"'],
    ['unit_address_format', 'n@01 { };', '/n@01: unit name should not have leading 0s'],
    ['pci_bridge', 'x { device_type = "pci"; };', '/x: node name is not "pci" or "pcie"'],
    [
      'simple_bus_reg',
      `bus { compatible = "simple-bus"; ${cells} ranges; n@2 { reg = <1 1>; }; };`,
      '/bus/n@2: simple-bus unit address format error, expected "1"',
    ],
    [
      'i2c_bus_reg',
      'i2c { #address-cells = <1>; #size-cells = <0>; n@1 { reg = <0x80>; }; };',
      '/i2c/n@1: I2C bus unit address format error, expected "80"',
    ],
    ['spi_bus_bridge', 'spi { n { }; };', '/spi: incorrect #address-cells for SPI bus'],
    ['avoid_default_addr_size', 'n@1 { reg = <0 1 1>; };', '/n@1: Relying on default #address-cells value'],
    [
      'avoid_unnecessary_addr_size',
      `n { ${cells} m { }; };`,
      '/n: unnecessary #address-cells/#size-cells without "ranges" or child "reg" property',
    ],
    [
      'unique_unit_address',
      `n { ${cells} a@1 { reg = <1 1>; }; b@1 { reg = <1 1>; }; };`,
      '/n/a@1: duplicate unit-address (also used in node /n/b@1)',
    ],
    ['chosen_node_is_root', 'n { chosen { }; };', '/n/chosen: chosen node must be at root node'],
    ['chosen_node_bootargs', 'chosen { bootargs = <1>; };', '/chosen:bootargs: property is not a string'],
    [
      'chosen_node_stdout_path',
      'chosen { linux,stdout-path = "x"; };',
      "/chosen:linux,stdout-path: Use 'stdout-path' instead",
    ],
    ['alias_paths', 'aliases { a = "/nope"; };', '/aliases:a: aliases property is not a valid node (/nope)'],
    [
      'clocks_property',
      'c: c { }; n { clocks = <&c>; };',
      "/n: Missing property '#clock-cells' in node /c or bad phandle (referred from clocks[0])",
    ],
    [
      'clocks_property',
      'c: c { #clock-cells = <2>; }; n { clocks = <&c 1>; };',
      '/n:clocks: property size (8) too small for cell size 2',
    ],
    [
      'clocks_property',
      'c: c { #clock-cells = <0>; }; n { clocks = <&c 1>; };',
      '/n:clocks: cell 1 is not a phandle reference',
    ],
    [
      'gpios_property',
      'g: g { }; n { reset-gpios = <&g 1>; };',
      "/n: Missing property '#gpio-cells' in node /g or bad phandle (referred from reset-gpios[0])",
    ],
    ['interrupts_property', 'n { interrupts = <1>; };', '/n: Missing interrupt-parent'],
    ['interrupt_provider', 'n { interrupt-controller; };', '/n: Missing #interrupt-cells in interrupt provider'],
    ['graph_port', 'x { endpoint { remote-endpoint = <0>; }; };', "/x: graph port node name should be 'port'"],
    [
      'graph_endpoint',
      'port { a: endpoint { remote-endpoint = <&b>; }; }; q { port { b: endpoint { }; }; };',
      "/port/endpoint: graph connection to node '/q/port/endpoint' is not bidirectional",
    ],
  ])('%s: %s', (name, body, message) => {
    expect(said(name, body)).toContain(message)
  })

  test.each([
    ['property_name_chars_strict', 'a_b;', "/:a_b: Character '_' not recommended in property name"],
    ['node_name_chars_strict', 'a_b { };', "/a_b: Character '_' not recommended in node name"],
    [
      'deprecated_gpio_property',
      'n { reset-gpio = <0>; };',
      "/n:reset-gpio: '[*-]gpio' is deprecated, use '[*-]gpios' instead",
    ],
    ['always_fail', '', '/: always_fail check'],
  ])('%s is off until it is asked for', (name, body, message) => {
    expect(said(name, body)).toEqual([])
    expect(said(name, body, [`-W ${name}`])).toContain(message)
  })

  test('a property `name` that is right goes, as redundant', () => {
    const { tree, diagnostics } = compileText('/dts-v1/;\n/ { n@1 { name = "n"; reg = <0 1 1>; }; };', { quiet: true })
    expect(diagnostics).toEqual([])
    expect(tree.root.children[0]!.properties.map(({ name }) => name)).toEqual(['reg'])
  })
})

describe('levels', () => {
  const severities = (warnings: string[]): string[] =>
    compileText('/dts-v1/;\n/ { n@1 { }; };', { warnings }).diagnostics.map((d) => `${d.severity} ${d.code}`)

  test.each([
    [[], ['warning unit_address_vs_reg']],
    [['-W no-unit_address_vs_reg'], []],
    [['-W no_unit_address_vs_reg'], []],
    [['-E unit_address_vs_reg'], ['error unit_address_vs_reg']],
    [['-E unit_address_vs_reg', '-E no-unit_address_vs_reg'], ['warning unit_address_vs_reg']],
    [['no-unit_address_vs_reg'], []],
    [['-W nope'], ['error unknown-check', 'warning unit_address_vs_reg']],
  ])('%j: %j', (warnings, expected) => {
    expect(severities(warnings)).toEqual(expected)
  })

  test('what needs a check that failed is left out', () => {
    const { diagnostics } = compileText('/dts-v1/;\n/ { #address-cells = "x"; n { reg = <1>; }; };')
    expect(diagnostics.map((d) => d.message)).toContain("Failed prerequisite 'addr_size_cells'")
    expect(diagnostics.some((d) => d.code === 'reg_format' && d.message.includes('length'))).toBe(false)
  })

  test('graphs do not wait for cells that could not be read: they count as 0', () => {
    const graph = 'port { #address-cells = <1>; endpoint { remote-endpoint = <0>; }; };'
    expect(said('graph_child_address', `#address-cells = <1>; ${graph}`)).toHaveLength(1)
    expect(said('graph_endpoint', `#address-cells = "x"; port { endpoint@1 { reg = <1>; }; };`)).toEqual([
      "/port/endpoint@1: graph node '#address-cells' is 0, must be 1",
    ])
  })

  test('interrupts are looked at though references failed', () => {
    expect(said('interrupts_property', 'interrupt-parent = <0>; n { interrupts = <1>; m = <&nope>; };')).toEqual([
      '/:interrupt-parent: Invalid phandle',
      '/n: Missing interrupt-parent',
    ])
  })

  test('the table has the checks of dtc 1.6.1', () => {
    expect(checkNames).toHaveLength(88)
    expect(new Set(checkNames).size).toBe(checkNames.length)
  })
})
