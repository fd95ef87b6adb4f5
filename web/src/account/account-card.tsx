import { Bdi, useToast } from '@curfew/react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { client } from '../client'
import { samePerson } from '../layout/whose-data'
import { accountQuery } from '../queries/account'
import { Card } from '../ui/card'
import { FailureNote } from '../ui/failure'
import { Skeleton } from '../ui/skeleton'
import { EditableRow } from './editable-row'
import { Go } from './go'
import { NameForm } from './name-form'
import { PolicyValue } from './policy-value'
import { Row, Rows } from './row'

/** The account: its name, and for owners the ways to what they decide. */
export function AccountCard({ owner }: { owner: boolean }) {
  const cache = useQueryClient()
  const toast = useToast()
  const account = useQuery(accountQuery)

  if (account.isPending) {
    return (
      <Card title="Account">
        <Skeleton lines={4} height={owner ? 228 : 116} label="Loading" />
      </Card>
    )
  }
  if (account.isError && !account.data) {
    return (
      <Card title="Account">
        <FailureNote error={account.error} onRetry={account.refetch} busy={account.isFetching} />
      </Card>
    )
  }
  const { name, owners, etag } = account.data
  const save = async (next: string, ifMatch: string | null) => {
    const same = samePerson(client)
    const saved = await client.api.updateAccount({ name: next }, { ifMatch: ifMatch ?? undefined })
    if (!same()) return
    cache.setQueryData(accountQuery.queryKey, saved)
    toast('The account is renamed.', { tone: 'success' })
  }
  const reread = async () => {
    const { data } = await account.refetch({ throwOnError: true })
    return { value: data?.name ?? name, etag: data?.etag ?? null }
  }
  if (!owner) {
    return (
      <Card title="Account">
        <Rows>
          <Row name="Name" value={<Bdi>{name}</Bdi>} />
          <Row
            name={owners.length === 1 ? 'Owner' : 'Owners'}
            value={owners.map((person) => (
              <span key={person.email} className="block">
                <Bdi>{person.name}</Bdi> <Bdi className="row-quiet">{person.email}</Bdi>
              </span>
            ))}
          />
        </Rows>
      </Card>
    )
  }
  return (
    <Card title="Account">
      <Rows>
        <EditableRow name="Name" value={<Bdi>{name}</Bdi>} what="the account’s name">
          {(close) => (
            <NameForm
              label="Account name"
              hint="Everybody in the account sees it."
              value={name}
              etag={etag}
              autoComplete="organization"
              save={save}
              reread={reread}
              onClose={close}
            />
          )}
        </EditableRow>
        <Row
          name="Session security"
          value={<PolicyValue />}
          action={<Go to="/account/security" word="Change" what="session security" />}
        />
        <Row
          name="People"
          value="Who is in the account, and what they may do"
          action={<Go to="/account/people" word="Manage" what="people" />}
        />
        <Row
          name="Audit log"
          value="What happened in the account, and who did it"
          action={<Go to="/account/audit" word="View" what="the audit log" />}
        />
      </Rows>
    </Card>
  )
}
