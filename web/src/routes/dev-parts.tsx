// Only in Vite's dev server: the route is not in builds, nor is this file.
export { Parts as DevParts } from '../../../packages/react/src/dev/parts'
