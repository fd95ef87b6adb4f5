// Package verify lets a Go service accept Curfew's access tokens without asking
// Curfew about each of them, and still refuse the tokens of a session within
// about a second of its end.
//
//	verifier, err := verify.New(ctx, verify.Config{
//		Issuer:     "https://login.example.com", // CURFEW_PUBLIC_URL
//		Audience:   "https://login.example.com", // CURFEW_AUDIENCE, by default the same
//		ServiceKey: os.Getenv("SERVICE_KEY"),    // curfew service-keys create --scope revocations:read --name orders
//	})
//	if err != nil {
//		log.Fatal(err) // says what is wrong, and what to do about it
//	}
//	defer verifier.Close()
//
//	mux.Handle("GET /orders", verifier.Middleware(orders))
//
// Inside the handler [SessionFrom] tells who is asking: the person, their
// account, their role, and the session. [RequireRole] and [RequireAuthAge] ask
// for more.
//
// # What is promised
//
// A token is accepted only if Curfew signed it for this audience, it has not
// expired, and its session was not ended as far as this verifier has been told.
// A verifier keeps a connection on which Curfew tells it of every ended session,
// and every half second asks how far it should be by now. So it knows, on its own
// clock, up to which moment it has been told everything. When that moment is
// longer ago than [Config.MaxStaleness] (5 seconds), a [Strict] verifier asks
// Curfew about each session, and refuses when it gets no answer; a [Lenient] one
// goes on accepting tokens until they expire, and counts them.
//
// Times are judged by Curfew's clock, which every answer tells, and this
// machine's monotonic one: a wrong wall clock neither lengthens nor shortens a
// session.
//
// # When something is wrong
//
// [Verifier.Health] says how old the verifier's knowledge is and, in words, what
// went wrong last. [Config.Metrics] is told of every verdict.
package verify
