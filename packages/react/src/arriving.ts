/** Code that is loaded when it is shown did not come. */
export class CodeMissing extends Error {}

/** Code on its way: what browsers each say in their own words when it does not arrive, in ours. */
export const arriving = <T>(code: Promise<T>): Promise<T> =>
  code.catch((cause) => {
    throw new CodeMissing('code did not arrive', { cause })
  })
