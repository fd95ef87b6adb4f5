import { CurfewError } from '@curfew/client'
import { useCurfew } from '@curfew/react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useConfig } from '../layout/config'
import { Public } from '../layout/public'
import { EmailField, FormFailure } from '../login/fields'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'
import { Email } from '../ui/email'
import { emailError, onlyWrong, useForm } from '../ui/form'

/** Asks for a link to set a new password, by email. */
export function Forgot() {
  const config = useConfig()
  const [sentTo, setSentTo] = useState<string | null>(null)
  const [noMail, setNoMail] = useState(false)

  if (noMail || config.data?.mail_enabled === false) {
    return (
      <Public
        title="Forgotten password"
        description="This server sends no email. An owner of your account can make you a link to set a new password: they find it under People."
        footer={<BackToSignIn />}
      >
        <Alert tone="info">
          If you are the only owner, whoever runs the server can set a new password on its command line.
        </Alert>
      </Public>
    )
  }
  if (sentTo !== null) {
    return (
      <Public title="Look into your mailbox" footer={<BackToSignIn />}>
        <Alert tone="success" role="status">
          If <Email value={sentTo} /> belongs to an account here, a link to set a new password is on its way.
          It works once, for 60 minutes.
        </Alert>
        <p className="web-muted">
          Nothing there after a few minutes? Look among unwanted mail, check the address, or ask an owner of
          your account for a link.
        </p>
        <Button onClick={() => setSentTo(null)}>Use another address</Button>
      </Public>
    )
  }
  return (
    <Public
      title="Forgotten password"
      description="Tell us your email address, and we send you a link to set a new password."
      footer={<BackToSignIn />}
    >
      <ForgotForm onSent={setSentTo} onNoMail={() => setNoMail(true)} />
    </Public>
  )
}

interface ForgotFormProps {
  onSent: (email: string) => void
  onNoMail: () => void
}

function ForgotForm({ onSent, onNoMail }: ForgotFormProps) {
  const client = useCurfew()
  const [email, setEmail] = useState('')
  const form = useForm({
    names: ['email'] as const,
    check: () => onlyWrong({ email: emailError(email) }),
    send: async () => {
      try {
        await client.api.forgotPassword({ email: email.trim() })
      } catch (error) {
        if (!(error instanceof CurfewError && error.status === 404)) throw error
        onNoMail()
        return
      }
      onSent(email.trim())
    },
  })
  return (
    <form ref={form.ref} onSubmit={form.onSubmit} noValidate className="web-form">
      <FormFailure error={form.failure} />
      <EmailField
        value={email}
        error={form.errors.email}
        onChange={(value) => {
          setEmail(value)
          form.touched('email')
        }}
      />
      <Button type="submit" variant="primary" busy={form.busy} className="web-submit">
        {form.busy ? 'Sending…' : 'Send me a link'}
      </Button>
    </form>
  )
}

function BackToSignIn() {
  return (
    <p>
      <Link to="/login" className="web-link">
        Back to sign-in
      </Link>
    </p>
  )
}
