package wire

// ServiceAccountPut is an account as a product describes it.
type ServiceAccountPut struct {
	Name string `json:"name" doc:"The account's name, as its people see it." example:"Acme"`
}

// ServiceAccount is an account that a product has named.
type ServiceAccount struct {
	ID         string `json:"id" doc:"The account's id here, as in tokens." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	ExternalID string `json:"external_id" doc:"The product's own id of the account." example:"acct_4711"`
	Name       string `json:"name" doc:"The account's name." example:"Acme"`
	CreatedAt  Time   `json:"created_at" doc:"When the account was created here."`
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
