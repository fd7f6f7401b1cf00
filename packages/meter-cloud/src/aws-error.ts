import { MeterError, type Outcome } from '@ergometer/meter'
import { MOST_BYTES } from './bounded-reply.ts'

/** Begins of the names that AWS gives its errors, and what follows from them. */
const KINDS: readonly {
  readonly names: RegExp
  readonly code: string
  readonly outcome: Outcome
  readonly why: string
}[] = [
  {
    names:
      /^(Throttl|TooManyRequests|RequestThrottled|RequestLimitExceeded|LimitExceeded|SlowDown|PriorRequestNotComplete)/,
    code: 'CLOUD_THROTTLED',
    outcome: 'retry',
    why: 'it is asked too often, by this account as a whole',
  },
  {
    names: /^(ExpiredToken|TokenRefreshRequired|RequestExpired|TokenProviderError)/,
    code: 'CLOUD_TOKEN_REFUSED',
    outcome: 'retry',
    why: 'the credentials have expired: renew them (aws sso login, or a new session token)',
  },
  {
    names: /^(CredentialsProviderError|AuthError)/,
    code: 'CLOUD_CREDENTIALS_MISSING',
    outcome: 'retry',
    why: 'no credentials were found: export AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role',
  },
  {
    names:
      /^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|NotAuthorized|AuthFailure|RequestTimeTooSkewed|RequestInTheFuture|OptInRequired)/,
    code: 'CLOUD_TOKEN_REFUSED',
    outcome: 'fatal',
    why: 'the credentials are refused: expected those of an account in which this region is enabled',
  },
  {
    names: /^(AccessDenied|UnauthorizedOperation)/,
    code: 'CLOUD_REFUSED',
    outcome: 'fatal',
    why: 'the credentials do not allow it: expected a policy that allows this action',
  },
  {
    names:
      /^(Validation|InvalidParameter|MissingRequiredParameter|InvalidNextToken|ResourceNotFound|UnknownOperation|SerializationException)/,
    code: 'CLOUD_REFUSED',
    outcome: 'fatal',
    why: 'it refuses the question: expected a resource that exists there',
  },
  {
    names: /^ReplyTooLong$/,
    code: 'CLOUD_REPLY_INVALID',
    outcome: 'retry',
    why: `expected at most ${MOST_BYTES / 2 ** 20} MiB`,
  },
]

/**
 * What the AWS client threw, as a MeterError. AWS's own texts are not repeated, nor is the error kept as a cause: they hold
 * requests with their signatures and session tokens. `action`: what was asked for, as policies call it.
 */
export function awsError(cause: unknown, action: string): MeterError {
  if (MeterError.isInstance(cause)) return cause
  const { name, code, status } = namesOf(cause)
  const known = KINDS.find(({ names }) => names.test(name))
  if (known) {
    return new MeterError(`AWS ${action}: ${name}: ${known.why}`, {
      outcome: known.outcome,
      code: known.code,
    })
  }
  const what = [name === 'Error' ? '' : name, code, status && `HTTP ${status}`].filter(Boolean).join(', ')
  const hint = code === 'ENOTFOUND' ? ': is there a network, and is the region one of AWS?' : ''
  return new MeterError(`AWS ${action} cannot be reached (${what || 'no answer'})${hint}`, {
    outcome: 'retry',
    code: 'CLOUD_UNREACHABLE',
  })
}

/** Names are stable words; everything else of an error may hold a secret. */
function namesOf(cause: unknown): { name: string; code: string | undefined; status: number | undefined } {
  const { name, code, $metadata } = (cause ?? {}) as {
    name?: unknown
    code?: unknown
    $metadata?: { httpStatusCode?: unknown }
  }
  const status = $metadata?.httpStatusCode
  return {
    name: word(name) ?? 'Error',
    code: word(code),
    status: typeof status === 'number' ? status : undefined,
  }
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z_]{1,64}$/.test(value) ? value : undefined
}
