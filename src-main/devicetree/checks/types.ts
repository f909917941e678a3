import type { Check } from './check.ts'
import { failUnlessString, failUnlessStringList } from './check.ts'

/** Properties that have to be one cell, one string, or a list of strings. */
export const isCell = (name: string, property: string): Check => ({
  name,
  level: 'warning',
  on: property,
  run(context, node) {
    const value = node.property(property)
    if (value && value.bytes.length !== 4) context.fail(node, value, 'property is not a single cell')
  },
})

const isString = (name: string, property: string): Check => ({
  name,
  level: 'warning',
  on: property,
  run: (context, node) => failUnlessString(context, node, property),
})

export const typeChecks: Check[] = [
  isCell('address_cells_is_cell', '#address-cells'),
  isCell('size_cells_is_cell', '#size-cells'),
  isString('device_type_is_string', 'device_type'),
  isString('model_is_string', 'model'),
  isString('status_is_string', 'status'),
  isString('label_is_string', 'label'),
  {
    name: 'compatible_is_string_list',
    level: 'warning',
    on: 'compatible',
    run: (context, node) => failUnlessStringList(context, node, 'compatible'),
  },
  {
    name: 'names_is_string_list',
    level: 'warning',
    on: (name) => name.endsWith('-names'),
    run(context, node) {
      for (const { name } of node.properties) if (name.endsWith('-names')) failUnlessStringList(context, node, name)
    },
  },
]
