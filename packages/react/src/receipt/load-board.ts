/** Loads the code of the board: a piece of its own, for the few who see it. */
export const loadBoard = async () => (await import('./board')).Board
