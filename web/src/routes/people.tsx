import { useSession, useToast } from '@curfew/react'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { OwnersOnly } from '../account/owners-only'
import { client } from '../client'
import { Confirm } from '../people/confirm'
import { InviteDialog } from '../people/invite-dialog'
import { Invites } from '../people/invites'
import '../people/people.css'
import { leave } from '../layout/leave'
import { ResetLink } from '../people/reset-link'
import { type Choice, Table } from '../people/table'
import { accountQuery } from '../queries/account'
import { itemsOf } from '../queries/pages'
import { invitesQuery, peopleQuery } from '../queries/people'
import { Button } from '../ui/button'
import { FailureNote } from '../ui/failure'
import { Page } from '../ui/page'
import { Skeleton } from '../ui/skeleton'

/** `/account/people`: who is in the account, and who is invited; owners only. */
export function People() {
  return (
    <OwnersOnly title="People" what="Here owners invite people to the account and decide what they may do.">
      <Everybody />
    </OwnersOnly>
  )
}

function Everybody() {
  const cache = useQueryClient()
  const toast = useToast()
  const state = useSession()
  const me = state.status === 'signed-in' ? state.user.id : ''
  const people = useInfiniteQuery(peopleQuery)
  // Where people sign in through a product alone, nobody is invited here.
  const invites = useQuery(accountQuery).data?.local_sign_in !== false
  const [inviting, setInviting] = useState(false)
  const [choice, setChoice] = useState<Choice | null>(null)
  const close = () => setChoice(null)

  const self = choice?.user.id === me

  const done = (words: string) => {
    close()
    if (self) {
      // Their own session has ended with it: they know why, and where they are.
      leave(true)
      client.forget('logout')
      return
    }
    toast(words, { tone: 'success' })
    void cache.invalidateQueries({ queryKey: ['people'] })
    void cache.invalidateQueries({ queryKey: ['sessions'] })
  }
  return (
    <Page
      title="People"
      width="table"
      description={
        invites
          ? 'Who is in this account, and what they may do.'
          : 'Who is in this account, and what they may do. People are added in the product that they sign in to.'
      }
      actions={
        invites ? (
          <Button variant="primary" onClick={() => setInviting(true)}>
            Invite a person
          </Button>
        ) : null
      }
    >
      {people.isPending ? (
        <Skeleton lines={8} height={400} label="Loading the people" />
      ) : people.isError && !people.data ? (
        <FailureNote error={people.error} onRetry={people.refetch} busy={people.isFetching} />
      ) : (
        <>
          <Table people={itemsOf(people.data)} me={me} passwords={invites} onChoose={setChoice} />
          {people.isFetchNextPageError ? <FailureNote className="mt-4" error={people.error} /> : null}
          {people.hasNextPage ? (
            <Button className="mt-4" busy={people.isFetchingNextPage} onClick={() => people.fetchNextPage()}>
              {people.isFetchingNextPage ? 'Loading…' : 'Load more people'}
            </Button>
          ) : null}
        </>
      )}
      {invites ? <Invites /> : null}
      {inviting ? (
        <InviteDialog
          onClose={() => setInviting(false)}
          onInvited={() => void cache.invalidateQueries({ queryKey: invitesQuery.queryKey })}
        />
      ) : null}
      {choice?.kind === 'reset' ? <ResetLink user={choice.user} onClose={close} /> : null}
      {choice && choice.kind !== 'reset' ? (
        <Confirm user={choice.user} kind={choice.kind} self={self} onClose={close} onDone={done} />
      ) : null}
    </Page>
  )
}
