import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  clean: true,
  treeshake: true,
  external: ['react', 'react/jsx-runtime', '@curfew/client'],
  onSuccess: 'cp src/styles.css dist/styles.css',
})
