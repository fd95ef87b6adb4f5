import { useState } from 'react'

const idle = { busy: false, done: false, error: null as unknown }

/** What a press starts: whether it runs, has worked, or why it has not. */
export function useAction(act: () => Promise<unknown>) {
  const [state, setState] = useState(idle)
  const run = async () => {
    setState({ ...idle, busy: true })
    try {
      await act()
      setState({ ...idle, done: true })
    } catch (error) {
      setState({ ...idle, error })
    }
  }
  return { ...state, run }
}
