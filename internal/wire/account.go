package wire

// Account is an account as its people see it.
type Account struct {
	ID        string  `json:"id" doc:"The account's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name      string  `json:"name" doc:"The account's name." example:"Acme"`
	CreatedAt Time    `json:"created_at" doc:"When the account was created."`
	Owners    []Owner `json:"owners" doc:"Who owns the account."`
	// LocalSignIn is set by a product, with PUT /service/accounts/{account}.
	LocalSignIn bool `json:"local_sign_in" doc:"Whether people sign in to the account with passwords that are kept here, and owners invite such people."`
}

// Owner is an owner of an account, for its people.
type Owner struct {
	Name  string `json:"name" doc:"The owner's name." example:"Ada Lovelace"`
	Email string `json:"email" doc:"The owner's email address." example:"ada@example.com"`
}

// NamePatch renames an account or a person.
type NamePatch struct {
	Name string `json:"name" doc:"The new name." example:"Acme"`
}
