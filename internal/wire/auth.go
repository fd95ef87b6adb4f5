package wire

// SignupRequest creates an account and its first owner.
type SignupRequest struct {
	AccountName string `json:"account_name" doc:"The name of the new account, as its people will see it." example:"Acme"`
	Name        string `json:"name" doc:"The owner's name." example:"Ada Lovelace"`
	Email       string `json:"email" doc:"The owner's email address, to sign in with." example:"ada@example.com"`
	Password    string `json:"password" doc:"The owner's password. GET /auth/config tells how long it must be at least." example:"correct horse battery staple"`
}

// LoginRequest asks for a session.
type LoginRequest struct {
	Email    string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	Password string `json:"password" doc:"The person's password." example:"correct horse battery staple"`
	Delivery string `json:"delivery,omitempty" enum:"cookie,body" doc:"How the refresh token comes back: cookie (the default; scripts never see it) or body (for programs without a cookie jar)."`
}

// The ways to deliver a refresh token.
const (
	DeliveryCookie = "cookie"
	DeliveryBody   = "body"
)

// RefreshRequest continues a session.
type RefreshRequest struct {
	RefreshToken    string        `json:"refresh_token,omitempty" doc:"The refresh token; without one the cookie's is taken. The answer delivers the successor in the same way."`
	Attempt         string        `json:"attempt,omitempty" pattern:"^[A-Za-z0-9_-]{16,64}$" patternDescription:"16 to 64 letters, digits, - or _" doc:"Names this rotation, chosen at random by the client. The same value in a retry gives the same successor." example:"Zk3v9QmT0bL7xW2p"`
	SessionID       string        `json:"session_id,omitempty" doc:"The session that the client believes in, together with generation." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Generation      Optional[Int] `json:"generation,omitzero" minimum:"1" maximum:"4294967295" nullable:"false" doc:"The generation that the client believes current, together with session_id." example:"7"`
	InactiveSeconds Int           `json:"inactive_seconds,omitzero" minimum:"0" maximum:"7776000" doc:"How long ago the person last touched the product, so that refreshes in the background never extend an absent person's session. Left out: just now." example:"12"`
}

// LogoutRequest ends the session of a refresh token that is no cookie.
type LogoutRequest struct {
	RefreshToken string `json:"refresh_token,omitempty" doc:"A refresh token of the session to end, of any generation."`
}

// InviteLookupRequest asks what an invitation's link stands for.
type InviteLookupRequest struct {
	Token string `json:"token" doc:"The code from the invitation's link (the part after #token=)."`
}

// InviteLookup is what the holder of an invitation's link may know.
type InviteLookup struct {
	AccountName string `json:"account_name" doc:"The account that the person is invited to." example:"Acme"`
	Email       string `json:"email" doc:"The address that the person will sign in with." example:"grace@example.com"`
	Role        string `json:"role" enum:"owner,member" doc:"The role that the person will have."`
	ExpiresAt   Time   `json:"expires_at" doc:"When the link stops working."`
}

// AcceptInviteRequest joins the account of an invitation.
type AcceptInviteRequest struct {
	Token    string `json:"token" doc:"The code from the invitation's link (the part after #token=)."`
	Name     string `json:"name" doc:"The person's name." example:"Grace Hopper"`
	Password string `json:"password" doc:"The password to sign in with from now on." example:"correct horse battery staple"`
}

// TokenResponse is a live session with fresh tokens.
type TokenResponse struct {
	AccessToken  string         `json:"access_token" doc:"A signed JWT (RFC 9068) for the Authorization header of every other call. Keep it in memory only."`
	TokenType    string         `json:"token_type" enum:"Bearer" doc:"Always Bearer."`
	ExpiresIn    int            `json:"expires_in" doc:"Seconds until the access token expires; never past the session's own deadlines." example:"300"`
	RefreshToken string         `json:"refresh_token,omitempty" doc:"Only when the token is delivered in the body: at sign-in with delivery body, when the refresh token came in the body, and where a service started the session."`
	Session      Session        `json:"session" doc:"The session."`
	User         SessionUser    `json:"user" doc:"The person who is signed in."`
	Account      SessionAccount `json:"account" doc:"The account that the person belongs to."`
	ServerTime   Time           `json:"server_time" doc:"The server's clock, so that a client can tell how far its own is off."`
}

// SessionState is a session as the store holds it.
type SessionState struct {
	Session    Session        `json:"session" doc:"The session."`
	User       SessionUser    `json:"user" doc:"The person who is signed in."`
	Account    SessionAccount `json:"account" doc:"The account that the person belongs to."`
	ServerTime Time           `json:"server_time" doc:"The server's clock, so that a client can tell how far its own is off."`
}

// Session is what a client must know of its own session.
type Session struct {
	ID                string `json:"id" doc:"The session's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Generation        uint32 `json:"generation" doc:"How often the refresh token has rotated, plus one." example:"7"`
	StartedAt         Time   `json:"started_at" doc:"When the person signed in."`
	LastActiveAt      Time   `json:"last_active_at" doc:"When the person last touched the product, as far as it was reported."`
	IdleMinutes       int    `json:"idle_minutes" doc:"The session ends after so many minutes without activity." example:"10080"`
	AbsoluteMinutes   int    `json:"absolute_minutes" doc:"The session ends so many minutes after sign-in, whatever the person does." example:"20160"`
	IdleExpiresAt     Time   `json:"idle_expires_at" doc:"When the session ends unless activity is reported before."`
	AbsoluteExpiresAt Time   `json:"absolute_expires_at" doc:"When the session ends in any case. Never moves later."`
}

// SessionUser is the person of a session.
type SessionUser struct {
	ID    string `json:"id" doc:"The person's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name  string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	Role  string `json:"role" enum:"owner,member" doc:"What the person may do in the account."`
}

// SessionAccount is the account of a session.
type SessionAccount struct {
	ID   string `json:"id" doc:"The account's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name string `json:"name" doc:"The account's name." example:"Acme"`
}

// AuthConfig is what a sign-in page must know before anyone is signed in.
type AuthConfig struct {
	SignupAllowed      bool `json:"signup_allowed" doc:"Whether POST /auth/signup would create an account now."`
	SetupNeeded        bool `json:"setup_needed" doc:"Whether no account exists yet."`
	PasswordMin        int  `json:"password_min" doc:"How many characters a new password needs at least." example:"15"`
	IdleMinutesDefault int  `json:"idle_minutes_default" doc:"The operator's default idle limit in minutes." example:"10080"`
	MailEnabled        bool `json:"mail_enabled" doc:"Whether this installation sends mail, so that POST /auth/forgot works."`
}
