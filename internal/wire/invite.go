package wire

// InviteRequest invites someone into the account.
type InviteRequest struct {
	Email string `json:"email" doc:"The address that the person will sign in with." example:"grace@example.com"`
	Role  string `json:"role" enum:"owner,member" doc:"The role that the person will have."`
}

// NewInvite is an invitation with its link.
type NewInvite struct {
	ID        string `json:"id" doc:"The invitation's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	InviteURL string `json:"invite_url" doc:"The link to send to the person. It is shown this once and works once."`
	ExpiresAt Time   `json:"expires_at" doc:"When the link stops working."`
	Mailed    bool   `json:"mailed" doc:"Whether the link is on its way to the person by mail."`
}

// Invite is an open invitation.
type Invite struct {
	ID        string `json:"id" doc:"The invitation's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Email     string `json:"email" doc:"The address that the person will sign in with." example:"grace@example.com"`
	Role      string `json:"role" enum:"owner,member" doc:"The role that the person will have."`
	CreatedAt Time   `json:"created_at" doc:"When the invitation was made."`
	ExpiresAt Time   `json:"expires_at" doc:"When the link stops working."`
}

// InviteList is a page of invitations.
type InviteList struct {
	Items      []Invite `json:"items" doc:"The open invitations of this page, newest first."`
	NextCursor *string  `json:"next_cursor" doc:"The cursor of the next page; null on the last one."`
}
