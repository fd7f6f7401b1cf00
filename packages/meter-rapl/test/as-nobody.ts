const NOBODY = 65534

/** Does something as a user without rights; where this user is none, as the user who runs the tests. */
export async function asNobody<Value>(action: () => Promise<Value>): Promise<Value> {
  const owner = process.geteuid?.()
  if (owner === 0) process.seteuid?.(NOBODY)
  try {
    return await action()
  } finally {
    if (owner === 0) process.seteuid?.(owner)
  }
}

/** Does something as the user who runs the tests, amidst what is done as nobody. */
export function asOwner(action: () => void): void {
  const user = process.geteuid?.()
  if (user === NOBODY) process.seteuid?.(process.getuid?.() ?? user)
  action()
  if (user === NOBODY) process.seteuid?.(user)
}
