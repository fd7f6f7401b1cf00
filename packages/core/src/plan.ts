/** How far a run is to go: so many phases of a name, or so much work of a unit. */
export type Plan =
  | { readonly phase: string; readonly total: number }
  | { readonly work: string; readonly total: number }
