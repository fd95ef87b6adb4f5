package wire

// User is a person of an account.
type User struct {
	ID           string `json:"id" doc:"The person's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name         string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email        string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	Role         string `json:"role" enum:"owner,member" doc:"What the person may do in the account."`
	Disabled     bool   `json:"disabled" doc:"Whether the person may not sign in."`
	HasPassword  bool   `json:"has_password" doc:"Whether the person signs in with a password kept here."`
	CreatedAt    Time   `json:"created_at" doc:"When the person joined."`
	LastLoginAt  *Time  `json:"last_login_at" nullable:"true" doc:"When the person last signed in; null if never."`
	SessionCount int    `json:"session_count" doc:"How many of their sessions are active." example:"2"`
}

// UserPatch changes what a person may do.
type UserPatch struct {
	Role     Optional[string] `json:"role,omitzero" enum:"owner,member" nullable:"false" doc:"The new role. Demoting ends the person's sessions."`
	Disabled Optional[bool]   `json:"disabled,omitzero" nullable:"false" doc:"Whether the person may not sign in. Disabling ends the person's sessions."`
}

// UserList is a page of people.
type UserList struct {
	Items      []User  `json:"items" doc:"The people of this page, by name."`
	NextCursor *string `json:"next_cursor" doc:"The cursor of the next page; null on the last one."`
}

// PasswordChangeRequest changes the caller's own password.
type PasswordChangeRequest struct {
	CurrentPassword string `json:"current_password" doc:"The password so far." example:"correct horse battery staple"`
	NewPassword     string `json:"new_password" doc:"The password from now on." example:"a much longer and better one"`
}
