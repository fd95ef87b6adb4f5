package wire

// ServiceAccountPut is an account as a product describes it.
type ServiceAccountPut struct {
	Name        string         `json:"name" doc:"The account's name, as its people see it." example:"Acme"`
	LocalSignIn Optional[bool] `json:"local_sign_in,omitzero" nullable:"false" doc:"Whether people sign in to the account with passwords that are kept here, and owners invite such people; left out, it stays as it is. A new account begins with true."`
}

// ServiceAccount is an account that a product has named.
type ServiceAccount struct {
	ID          string `json:"id" doc:"The account's id here, as in tokens." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	ExternalID  string `json:"external_id" doc:"The product's own id of the account." example:"acct_4711"`
	Name        string `json:"name" doc:"The account's name." example:"Acme"`
	LocalSignIn bool   `json:"local_sign_in" doc:"Whether people sign in to the account with passwords that are kept here, and owners invite such people."`
	CreatedAt   Time   `json:"created_at" doc:"When the account was created here."`
}

// ServiceUserPut is a person as a product describes them.
type ServiceUserPut struct {
	Name     string         `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email    string         `json:"email" doc:"The person's email address; the same one may be in use elsewhere." example:"ada@example.com"`
	Role     string         `json:"role" enum:"owner,member" doc:"What the person may do in the account: owners see its sessions and set its session policy. Demoting ends the person's sessions."`
	Disabled Optional[bool] `json:"disabled,omitzero" nullable:"false" doc:"Whether the person may not sign in; left out, it stays as it is. Disabling ends the person's sessions."`
}

// ServiceUser is a person whom a product has named.
type ServiceUser struct {
	ID         string `json:"id" doc:"The person's id here, as in tokens." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	ExternalID string `json:"external_id" doc:"The product's own id of the person." example:"user_42"`
	Name       string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email      string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	Role       string `json:"role" enum:"owner,member" doc:"What the person may do in the account."`
	Disabled   bool   `json:"disabled" doc:"Whether the person may not sign in."`
	CreatedAt  Time   `json:"created_at" doc:"When the person was made here."`
}

// ServiceSessionStart is a sign-in that the product has done in its own way.
type ServiceSessionStart struct {
	Account   ServiceStartAccount `json:"account" doc:"The account that the person belongs to."`
	User      ServiceStartUser    `json:"user" doc:"The person who has signed in."`
	AMR       []string            `json:"amr,omitempty" doc:"How the person has signed in (RFC 8176), such as pwd or mfa: at most 10 names of 1 to 32 letters, digits, _ . : or -. It stands in the access token." example:"[\"pwd\",\"otp\"]"`
	AuthTime  *Time               `json:"auth_time,omitempty" nullable:"false" doc:"When the person has signed in; left out, just now. The session's absolute deadline counts from here."`
	UserAgent string              `json:"user_agent,omitempty" doc:"The User-Agent header of the person's request, by which lists name the device." example:"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"`
	IP        string              `json:"ip,omitempty" doc:"The address that the person's request came from." example:"192.0.2.7"`
}

// ServiceStartAccount names an account, and says what to make it of where it is
// not known yet.
type ServiceStartAccount struct {
	ExternalID string `json:"external_id" doc:"The product's own id of the account: 1 to 128 visible ASCII characters without / \\ % ? #." example:"acct_4711"`
	Name       string `json:"name,omitempty" doc:"The account's name. It is made where it is not known yet; one that is keeps its name." example:"Acme"`
}

// ServiceStartUser names a person, and says what to make them of where they are
// not known yet.
type ServiceStartUser struct {
	ExternalID string `json:"external_id" doc:"The product's own id of the person, of the same form; unique within the account." example:"user_42"`
	Name       string `json:"name,omitempty" doc:"The person's name. With email and role they are made where they are not known yet; somebody who is stays as they are." example:"Ada Lovelace"`
	Email      string `json:"email,omitempty" doc:"The person's email address." example:"ada@example.com"`
	Role       string `json:"role,omitempty" enum:"owner,member" doc:"What the person may do in the account."`
}

// ServiceRevokeSessionsRequest ends many sessions of an account.
type ServiceRevokeSessionsRequest struct {
	Scope    string `json:"scope" enum:"all,others" doc:"all ends every active session of the account; others keeps those of one person."`
	KeepUser string `json:"keep_user,omitempty" doc:"The product's own id of the person whose sessions go on; required with others." example:"user_42"`
	Reason   string `json:"reason,omitempty" doc:"Why, in at most 500 characters, for the account's audit log. Clients are told the reason service."`
}

// ServiceRevokeUserSessionsRequest ends the sessions of one person.
type ServiceRevokeUserSessionsRequest struct {
	Reason string `json:"reason,omitempty" doc:"Why, in at most 500 characters, for the account's audit log. Clients are told the reason service."`
}

// PortalLinkRequest asks for a link to the hosted pages.
type PortalLinkRequest struct {
	Account   string `json:"account" doc:"The product's own id of the account." example:"acct_4711"`
	User      string `json:"user" doc:"The product's own id of the person." example:"user_42"`
	ReturnURL string `json:"return_url,omitempty" doc:"Where the pages lead back to: exactly one of those that the operator has registered (CURFEW_RETURN_URLS)." example:"https://app.example.com/settings"`
	Page      string `json:"page,omitempty" enum:"security,account,sessions,people,audit" doc:"The page to open; left out, the policy for an owner and the account for a member."`
	Session   string `json:"session,omitempty" doc:"A session of the person in the product, by its id: that of the pages ends with it." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
}

// PortalLink is a link to the hosted pages.
type PortalLink struct {
	URL       string `json:"url" doc:"The link, for this person's browser alone: it works once. Shown once." example:"https://auth.example.com/portal#code=cfo_..."`
	ExpiresAt Time   `json:"expires_at" doc:"When the link stops working, a minute from now."`
}

// PortalRequest exchanges the code of a portal link for a session.
type PortalRequest struct {
	Code    string `json:"code" doc:"The code from the link (the part after #code=)."`
	Replace bool   `json:"replace,omitempty" doc:"Whether somebody else who is signed in in this browser is to be signed out."`
}

// PortalResponse is the session that a portal link started, and where it leads.
type PortalResponse struct {
	TokenResponse
	Page      string  `json:"page" enum:"security,account,sessions,people,audit" doc:"The page to open."`
	ReturnURL *string `json:"return_url" doc:"Where the pages lead back to; null for nowhere." example:"https://app.example.com/settings"`
}
