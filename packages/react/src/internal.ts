/**
 * What Curfew's own pages take from the parts beside the public surface, so
 * that pages and parts speak and look alike. Not for others: anything here may
 * change with any version.
 */
export { arriving, CodeMissing } from './arriving'
export { errorText } from './error-text'
export { waitWords } from './texts'
export { Ago, type AgoProps } from './ui/ago'
export { isolate, turning, unturned } from './ui/bdi'
export { useOnline } from './use-online'
