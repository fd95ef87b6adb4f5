// Package service lets a product that signs people in itself put its sessions
// under Curfew: one call starts a session, others list and end them, read and
// change the session policy of an account, and ask what a token is worth.
//
//	curfew, err := service.New(service.Config{
//		URL: "https://login.example.com", // CURFEW_PUBLIC_URL
//		Key: os.Getenv("SERVICE_KEY"),    // curfew service-keys create --scope sessions:write,... --name shop
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//
//	// The product has checked the person's password in its own way.
//	session, err := curfew.StartSession(ctx, service.StartSession{
//		Account: service.StartAccount{ExternalID: "acct_4711", Name: "Acme"},
//		User:    service.StartUser{ExternalID: "user_42", Name: "Ada", Email: "ada@example.com", Role: service.Owner},
//		AMR:     []string{"pwd"},
//	})
//
// Accounts and people are named by the product's own ids. Access tokens are
// verified by package verify, without a call.
//
// # Errors and repetition
//
// A refusal is an [*Error], whose Type is stable; [IsType] asks for one. Anything
// else is a request without an answer. What may safely be sent again is, up to
// three times in all, when no answer came or the server says that it is busy:
// reading, PUT, DELETE, introspection, revocation of a token, and the start of a
// session, which carries an Idempotency-Key of its own. Everything else is sent
// once.
package service
