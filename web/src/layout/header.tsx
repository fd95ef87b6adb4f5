import { Bdi, HeaderExpiryNote, useSession } from '@curfew/react'
import { unturned } from '@curfew/react/internal'
import { Link } from '@tanstack/react-router'
import { ChevronDown, CircleUserRound, LogOut, Menu as MenuIcon } from 'lucide-react'
import { Button } from '../ui/button'
import { Email } from '../ui/email'
import { Menu } from '../ui/menu'
import { Mark } from './mark'

const pages = [
  { to: '/account', label: 'Account', owners: false },
  { to: '/account/security', label: 'Security', owners: true },
  { to: '/account/people', label: 'People', owners: true },
  { to: '/account/audit', label: 'Audit log', owners: true },
  { to: '/account/sessions', label: 'Your sessions', owners: false },
] as const

interface HeaderProps {
  onSignOut: () => void
  signingOut: boolean
}

/** Whose account this is, where one can go, who one is, and the way out. */
export function Header({ onSignOut, signingOut }: HeaderProps) {
  const session = useSession()
  if (session.status !== 'signed-in') return null
  const { user, account } = session
  const owner = user.role === 'owner'
  return (
    <header className="web-header">
      <div className="web-header-row">
        <Menu
          label="Pages"
          className="web-nav-narrow"
          side="start"
          trigger={<MenuIcon aria-hidden="true" size={20} strokeWidth={1.75} />}
        >
          {(close) => (
            <nav aria-label="Main" className="web-nav-list">
              <p className="web-menu-account">
                <Bdi>{account.name}</Bdi>
              </p>
              <PageLinks owner={owner} onClick={close} />
            </nav>
          )}
        </Menu>
        <Link to="/" className="web-home" aria-label="Curfew, home">
          <Mark />
        </Link>
        <span className="web-account" title={unturned(account.name)}>
          <Bdi>{account.name}</Bdi>
        </span>
        <nav aria-label="Main" className="web-nav">
          <PageLinks owner={owner} />
        </nav>
        <div className="web-header-end">
          <HeaderExpiryNote className="web-expiry-note" />
          <Menu
            label={`You: ${unturned(user.name)}`}
            className="web-person"
            trigger={
              <>
                <CircleUserRound
                  aria-hidden="true"
                  size={20}
                  strokeWidth={1.75}
                  className="web-person-icon"
                />
                <Bdi className="web-person-name">{user.name}</Bdi>
                <ChevronDown aria-hidden="true" size={16} strokeWidth={1.75} className="web-person-more" />
              </>
            }
          >
            {(close) => (
              <div className="web-person-panel">
                <p className="web-person-full">
                  <Bdi>{user.name}</Bdi>
                </p>
                <p className="web-muted">
                  <Email value={user.email} />
                </p>
                <p className="web-muted">
                  {owner ? 'Owner' : 'Member'} of <Bdi>{account.name}</Bdi>
                </p>
                <Link to="/account" className="web-menu-item" onClick={close}>
                  Your account
                </Link>
              </div>
            )}
          </Menu>
          {/* Never inside a menu: the way out is in sight on every page. */}
          <Button variant="quiet" busy={signingOut} onClick={onSignOut} className="web-sign-out">
            <LogOut aria-hidden="true" size={18} strokeWidth={1.75} />
            {signingOut ? 'Signing out…' : 'Sign out'}
          </Button>
        </div>
      </div>
    </header>
  )
}

function PageLinks({ owner, onClick }: { owner: boolean; onClick?: () => void }) {
  return (
    <ul>
      {pages
        .filter((page) => owner || !page.owners)
        .map(({ to, label }) => (
          <li key={to}>
            <Link
              to={to}
              className="web-nav-link"
              activeOptions={{ exact: true, includeSearch: false }}
              onClick={onClick}
            >
              {label}
            </Link>
          </li>
        ))}
    </ul>
  )
}
