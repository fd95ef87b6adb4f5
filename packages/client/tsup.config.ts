import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', service: 'src/service/index.ts' },
  format: 'esm',
  target: 'es2022',
  dts: true,
  clean: true,
  treeshake: true,
})
