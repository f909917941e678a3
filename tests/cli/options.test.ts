import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { GiB, MiB } from '@shared/units.ts'
import { InputError } from '../../src-main/cli/errors.ts'
import {
  addBoardOptions,
  addMachineOptions,
  machineFrom,
  type BoardFlags,
  type MachineFlags,
} from '../../src-main/cli/options.ts'

/** The flags as a verb's action would get them; throws as commander does. */
function parse(...words: string[]): BoardFlags & MachineFlags {
  const command = addMachineOptions(addBoardOptions(new Command()))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  return command.parse(words, { from: 'user' }).opts()
}

describe('the machine that flags describe', () => {
  it('is empty without flags, so that board and profile decide', () => {
    expect(machineFrom(parse())).toEqual({})
  })

  it('takes what kernel-truth hands over', () => {
    const flags = parse(
      ...['--kernel', '6.12', '--arch', 'arm64', '--mem', '1024M', '--cpus', '4', '--cmdline', 'cma=64M'],
      ...['--kernel-image', '1075838976-1090519040', '--initrd', '1207959552+1048576', '--dtb', '1210056704+65536'],
      ...['--memory', '4096-654336,1048576-1073610752'],
    )
    expect(machineFrom(flags)).toEqual({
      kernel: '6.12',
      arch: 'arm64',
      memBytes: GiB,
      cpus: 4,
      cmdline: 'cma=64M',
      kernelImage: { start: 1075838976, end: 1090519040 },
      initrd: { start: 1207959552, end: 1207959552 + MiB },
      dtb: { start: 1210056704, end: 1210056704 + 65536 },
      memory: [
        { start: 4096, end: 654336 },
        { start: MiB, end: 1073610752 },
      ],
    })
  })

  it('reads sizes and addresses in decimal, hexadecimal and with a suffix', () => {
    expect(machineFrom(parse('--memory', '0x40000000-2G,4G-0x140000000')).memory).toEqual([
      { start: GiB, end: 2 * GiB },
      { start: 4 * GiB, end: 5 * GiB },
    ])
  })

  it('keeps an empty command line apart from none', () => {
    expect(machineFrom(parse('--cmdline', ''))).toEqual({ cmdline: '' })
  })

  it('reads the text of a .config', () => {
    const config = join(mkdtempSync(join(tmpdir(), 'options-')), '.config')
    writeFileSync(config, 'CONFIG_CMA=y\n')
    expect(machineFrom(parse('--config', config))).toEqual({ config: 'CONFIG_CMA=y\n' })
  })

  it('says which .config it cannot read', () => {
    expect(() => machineFrom(parse('--config', '/nowhere/.config'))).toThrow(InputError)
  })

  it.each([
    [['--mem', 'lots']],
    [['--mem', '-1']],
    [['--mem', '99999999T']],
    [['--cpus', '0']],
    [['--cpus', '2.5']],
    [['--arch', 'riscv']],
    [['--kernel-image', '0x1000']],
    [['--kernel-image', '0x2000-0x1000']],
    [['--initrd', '1-2']],
    [['--memory', '0-1G,']],
    [['--unknown']],
  ])('refuses %j', (words) => {
    expect(() => parse(...words)).toThrow(/error/)
  })
})

describe('the flags of every verb that reads a board', () => {
  it('collects folders and macros', () => {
    const flags = parse('-i', 'include', '-i', 'dts', '-D', 'NAME=V=1', '-D', 'FLAG', '-D', 'EMPTY=')
    expect(flags.include).toEqual(['include', 'dts'])
    expect(flags.define).toEqual({ NAME: 'V=1', FLAG: '1', EMPTY: '' })
  })

  it('refuses what is no macro name', () => {
    expect(() => parse('-D', '1=2')).toThrow(/NAME=VALUE/)
  })
})
