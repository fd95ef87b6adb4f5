import { arriving } from '../arriving'

/** Loads the code of the policy's form: a piece of its own, for the pages that show it. */
export const loadForm = async () => (await arriving(import('./policy-form'))).PolicyForm
