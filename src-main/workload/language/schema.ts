import { isMap, type Node } from 'yaml'
import { workloadJsonSchema } from '@shared/workload.ts'

/** The part of JSON Schema (draft 7) that the workload's schema is written in. */
interface Schema {
  $ref?: string
  allOf?: Schema[]
  anyOf?: Schema[]
  type?: string
  const?: unknown
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  description?: string
  default?: unknown
  examples?: unknown[]
}

/** One of the shapes that a value may have. What a wrapper says of it (description, default, examples) goes before what it says itself. */
export interface Shape {
  schema: Schema
  /** Outermost first. */
  notes: string[]
  default?: unknown
  examples: unknown[]
}

let whole: (Schema & { definitions?: Record<string, Schema> }) | undefined
const root = () => (whole ??= workloadJsonSchema() as NonNullable<typeof whole>)

/** Every shape of a schema, references and unions taken apart. */
function shapesOf(schema: Schema, outer: Omit<Shape, 'schema'> = { notes: [], examples: [] }): Shape[] {
  const said: Omit<Shape, 'schema'> = {
    notes: [...outer.notes, ...(schema.description ? [schema.description] : [])],
    default: outer.default ?? schema.default,
    examples: outer.examples.length ? outer.examples : (schema.examples ?? []),
  }
  if (schema.$ref) return shapesOf(root().definitions![schema.$ref.replace('#/definitions/', '')]!, said)
  const parts = schema.anyOf ?? schema.allOf
  return parts ? parts.flatMap((part) => shapesOf(part, said)) : [{ schema, ...said }]
}

/** Shapes of the value at a path, as far as the values on the way there leave open which ones are meant. */
export function shapesAt(path: readonly (string | number)[], valueAt: (depth: number) => Node | null): Shape[] {
  let shapes = shapesOf(root())
  path.forEach((step, depth) => {
    shapes = narrow(shapes, valueAt(depth)).flatMap(({ schema, notes }) => {
      const inner = typeof step === 'number' ? schema.items : (schema.properties?.[step] ?? restOf(schema))
      // a constant that tells shapes apart means what its shape is for
      return (inner ? shapesOf(inner) : []).map((shape) =>
        shape.schema.const !== undefined && !shape.notes.length ? { ...shape, notes: notes.slice(-1) } : shape,
      )
    })
  })
  return narrow(shapes, valueAt(path.length))
}

const restOf = ({ additionalProperties: rest }: Schema) => (typeof rest === 'object' ? rest : undefined)

/** Of shapes of a map those whose constants it has, and whose keys are its own; all of them when none has. */
function narrow(shapes: Shape[], value: Node | null): Shape[] {
  if (!isMap(value)) return shapes
  const written = value.toJSON() as Record<string, unknown>
  const maps = shapes.filter(
    ({ schema }) =>
      schema.type === 'object' &&
      constantsOf(schema).every(([key, constant]) => (written[key] ?? constant) === constant),
  )
  const known = maps.filter(({ schema }) =>
    Object.keys(written).every((key) => schema.properties?.[key] ?? restOf(schema)),
  )
  return known.length ? known : maps.length ? maps : shapes
}

/** Keys of a map whose value is fixed: what tells one shape of a union from another. */
export const constantsOf = (schema: Schema): [string, unknown][] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, property]): [string, unknown][] => {
    const [shape, ...others] = shapesOf(property)
    return shape && !others.length && shape.schema.const !== undefined ? [[key, shape.schema.const]] : []
  })

export const shapesOfKey = (schema: Schema, key: string): Shape[] => {
  const property = schema.properties?.[key]
  return property ? shapesOf(property) : []
}

/** Values that can be listed: constants, choices, yes and no. */
export const choicesOf = (shapes: Shape[]): unknown[] =>
  shapes.flatMap(({ schema }) => {
    if (schema.const !== undefined) return [schema.const]
    return schema.enum ?? (schema.type === 'boolean' ? [true, false] : [])
  })

/** `blocking | atomic`, `number or text`, `list`. */
export function typeText(shapes: Shape[]): string {
  const choices = choicesOf(shapes)
  const names: Record<string, string> = { object: 'map', array: 'list', string: 'text', integer: 'whole number' }
  const types = shapes.flatMap(({ schema: { type, const: constant, enum: choice } }) =>
    type && constant === undefined && !choice && type !== 'boolean' ? [names[type] ?? type] : [],
  )
  return [...new Set([...choices.map(String), ...types])].join(' | ')
}

/** What is known of a value, as Markdown: what it is for, what it may be, what it is when it is left out. */
export function documentation(shapes: Shape[]): string {
  const notes = [...new Set(shapes.flatMap(({ notes: own }) => own.slice(0, 2)))].slice(0, 3)
  const fallback = shapes.find((shape) => shape.default !== undefined)?.default
  const examples = shapes.find((shape) => shape.examples.length)?.examples ?? []
  return [
    ...notes,
    `Type: \`${typeText(shapes)}\``,
    ...(fallback === undefined ? [] : [`Default: \`${plain(fallback)}\``]),
    ...(examples.length ? [`Examples: ${examples.map((each) => `\`${plain(each)}\``).join(', ')}`] : []),
  ].join('\n\n')
}

export const plain = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
