package wire

// ForgotRequest asks for a mail with a link to a new password.
type ForgotRequest struct {
	Email string `json:"email" doc:"The address that the person signs in with." example:"ada@example.com"`
}

// NewResetLink is a link to a new password.
type NewResetLink struct {
	ResetURL  string `json:"reset_url" doc:"The link to give to the person. It is shown this once and works once."`
	ExpiresAt Time   `json:"expires_at" doc:"When the link stops working."`
}

// ResetLookupRequest asks what a link to a new password stands for.
type ResetLookupRequest struct {
	Token string `json:"token" doc:"The code from the link (the part after #token=)."`
}

// ResetLookup is what the holder of a link to a new password may know.
type ResetLookup struct {
	Name      string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email     string `json:"email" doc:"The address that the person signs in with." example:"ada@example.com"`
	ExpiresAt Time   `json:"expires_at" doc:"When the link stops working."`
}

// ResetPasswordRequest sets a new password by a link.
type ResetPasswordRequest struct {
	Token    string `json:"token" doc:"The code from the link (the part after #token=)."`
	Password string `json:"password" doc:"The password to sign in with from now on." example:"correct horse battery staple"`
}
