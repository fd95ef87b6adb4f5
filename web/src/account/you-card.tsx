import type { Session } from '@curfew/client'
import { Bdi, useFormat, useToast } from '@curfew/react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { client } from '../client'
import { samePerson } from '../layout/whose-data'
import { accountQuery, meQuery } from '../queries/account'
import { Card } from '../ui/card'
import { FailureNote } from '../ui/failure'
import { Skeleton } from '../ui/skeleton'
import { EditableRow } from './editable-row'
import { Go } from './go'
import { NameForm } from './name-form'
import { PasswordForm } from './password-form'
import { Row, Rows } from './row'

/** The signed-in person: name, address, role, password, sessions. */
export function YouCard({ session }: { session: Session }) {
  const cache = useQueryClient()
  const toast = useToast()
  const me = useQuery(meQuery)

  if (me.isPending) {
    return (
      <Card title="You">
        <Skeleton lines={5} height={284} label="Loading" />
      </Card>
    )
  }
  if (me.isError && !me.data) {
    return (
      <Card title="You">
        <FailureNote error={me.error} onRetry={me.refetch} busy={me.isFetching} />
      </Card>
    )
  }
  const { name, email, role, etag } = me.data
  const save = async (next: string, ifMatch: string | null) => {
    const same = samePerson(client)
    const saved = await client.api.updateMe({ name: next }, { ifMatch: ifMatch ?? undefined })
    if (!same()) return
    cache.setQueryData(meQuery.queryKey, saved)
    // The lists of people have the name, too; the client tells the header.
    void cache.invalidateQueries({ queryKey: ['people'] })
    void cache.invalidateQueries({ queryKey: accountQuery.queryKey })
    toast('Your name is changed.', { tone: 'success' })
  }
  const reread = async () => {
    const { data } = await me.refetch({ throwOnError: true })
    return { value: data?.name ?? name, etag: data?.etag ?? null }
  }
  return (
    <Card title="You">
      <Rows>
        <EditableRow name="Name" value={<Bdi>{name}</Bdi>} what="your name">
          {(close) => (
            <NameForm
              label="Your name"
              value={name}
              etag={etag}
              autoComplete="name"
              save={save}
              reread={reread}
              onClose={close}
            />
          )}
        </EditableRow>
        <Row name="Email" value={<Bdi>{email}</Bdi>} />
        <Row name="Role" value={role === 'owner' ? 'Owner' : 'Member'} />
        {me.data.has_password ? (
          <EditableRow name="Password" value={<Hidden />} what="your password">
            {(close) => (
              <PasswordForm
                email={email}
                onClose={close}
                onChanged={() => {
                  close()
                  toast('Password changed. You are signed out on your other devices.', { tone: 'success' })
                }}
              />
            )}
          </EditableRow>
        ) : (
          <Row name="Password" value="You sign in without a password here" />
        )}
        <Row
          name="Your sessions"
          value={<Limits idle={session.idle_minutes} most={session.absolute_minutes} />}
          action={<Go to="/account/sessions" word="View" what="your sessions" />}
        />
      </Rows>
    </Card>
  )
}

function Hidden() {
  return (
    <>
      <span aria-hidden="true">••••••••••••</span>
      <span className="sr-only">Hidden</span>
    </>
  )
}

/** How much inactivity ends this session, said before it does (WCAG 2.2.6). */
function Limits({ idle, most }: { idle: number; most: number }) {
  const { duration } = useFormat()
  return (
    <>
      This session ends after {duration(idle)} without activity, and {duration(most)} after sign-in at most
    </>
  )
}
