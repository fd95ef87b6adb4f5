package httpapi

import "github.com/curfew-auth/curfew/internal/curfew"

// problemType is a kind of error as a caller meets it: its status, its title,
// and the page behind its URI.
type problemType struct {
	Kind   curfew.Kind
	Status int
	Title  string
	Means  string
	Do     string
}

// Path is the type's URI, relative to the public URL.
func (t problemType) Path() string { return "/problems/" + string(t.Kind) }

// problemTypes is the one table of what can go wrong. KindMalformed is not in
// it: it is answered as invalid-request with status 400.
var problemTypes = []problemType{
	{curfew.KindInvalidRequest, 422, "Invalid request",
		"The request was understood and something in it is not allowed: a member or parameter is missing, unknown, of the wrong type, or out of bounds. With status 400 the body was not JSON at all, or named a member twice. Nothing was changed.",
		"Look at errors: each entry names a member and says what it must be. Correct them and send the request again."},
	{curfew.KindUnauthenticated, 401, "Sign-in needed",
		"The operation needs an access token, or a service key where it is for other services, and the request brought none.",
		"Sign in with POST /api/v1/auth/login and send the access token as Authorization: Bearer; a service sends its service key there."},
	{curfew.KindInvalidToken, 401, "Token not valid",
		"The token or service key is unknown, malformed, altered, expired or revoked, or not of the sort that the operation takes. Nothing was changed.",
		"For an expired access token, call POST /api/v1/auth/refresh once and try again. For a refresh token, sign in again. For a service key, ask the operator for another."},
	{curfew.KindNoSession, 401, "No session",
		"The request brought neither a refresh token nor a cookie, so there is no session to continue.",
		"Sign in."},
	{curfew.KindSessionExpired, 401, "Session expired",
		"The session reached a limit that the account's owner has set. The member reason tells which: idle (nobody used it for too long) or absolute (it was as old as a session may become).",
		"Sign in again. Nothing can continue this session."},
	{curfew.KindSessionRevoked, 401, "Session ended",
		"Someone or something ended the session before its limits. The member reason tells what; an unknown reason is to be read as owner_session.",
		"Sign in again. Nothing can continue this session."},
	{curfew.KindRefreshTokenReused, 401, "Refresh token used twice",
		"A refresh token that had already been exchanged was presented again. That happens when a token was copied, so the session was ended for the safety of the person.",
		"Sign in again. If it happens often, two programs share one token: give each its own sign-in, and repeat a lost refresh with the same attempt."},
	{curfew.KindInvalidCredentials, 401, "Sign-in refused",
		"The email address and password do not belong together, or the person may not sign in. Which of them is not told, so that nobody can find out who has an account.",
		"Check both and try again, or ask an owner of the account."},
	{curfew.KindForbidden, 403, "Owners only",
		"The operation is for owners of the account, and the person who asked is a member. The refusal is in the audit log.",
		"Ask an owner. GET /api/v1/accounts/me names them."},
	{curfew.KindWrongScope, 403, "Scope missing",
		"The service key works, and does not have the scope that the operation needs. The member scope names it.",
		"Have the operator make a key with that scope: curfew service-keys create --scope."},
	{curfew.KindCrossOrigin, 403, "Refused from another origin",
		"A browser sent the request from a page of another origin, which could be an attempt to act in the person's name (CSRF).",
		"Call from the same origin, or have the operator name the page's exact origin in CURFEW_ALLOWED_ORIGINS."},
	{curfew.KindSignupClosed, 403, "Sign-up closed",
		"This installation does not let people create accounts, or does so only for the first one.",
		"Ask for an invitation. The operator can set CURFEW_SIGNUP, or make an account with curfew user create."},
	{curfew.KindNotFound, 404, "Not found",
		"There is nothing at this address, or nothing of this id in the caller's own account.",
		"Check the address and the id. The list operations give the ids that exist."},
	{curfew.KindLinkInvalid, 404, "Link not valid",
		"The code from the link is unknown, was used, or is too old. Which of them is not told.",
		"Ask for a new link. Each works once."},
	{curfew.KindMethodNotAllowed, 405, "Method not allowed",
		"The address exists and does not take this method.",
		"Use one of the methods that the Allow header names."},
	{curfew.KindEmailTaken, 409, "Email address in use",
		"A person with this email address exists already. An address belongs to one person in one account.",
		"Sign in with it, or use another address."},
	{curfew.KindLastOwner, 409, "Last owner",
		"The change would leave the account without an owner who can sign in.",
		"Make someone else an owner first."},
	{curfew.KindNoPassword, 409, "No password",
		"The person signs in without a password that is kept here, so there is none to be replaced. Nothing was changed.",
		"Let the person sign in the way they do. The person's has_password tells beforehand."},
	{curfew.KindIdempotencySpent, 409, "Start spent",
		"The session that was started under this Idempotency-Key is over, or its refresh token is in use already, so the start cannot be answered once more. Nothing was changed.",
		"Start another session under a key of its own: each sign-in has its own key, and only a start whose answer was lost is repeated."},
	{curfew.KindOtherSession, 409, "Somebody else is signed in",
		"The link is for one person, and another one is signed in in this browser. The link was not spent, and nothing was changed.",
		"Ask whoever uses the browser. To sign the other person out here and go on, send the same code with replace."},
	{curfew.KindGenerationMoved, 409, "Generation moved",
		"The refresh token that was presented is not the one that the client believed in: another tab has rotated it, or it belongs to another session. Nothing was changed.",
		"Take over generation and session_id from this answer and refresh once more."},
	{curfew.KindSessionLimit, 409, "Session limit reached",
		"The password was right, and the person has as many active sessions as the account allows. No session was started.",
		"End one of the person's sessions, or wait until one expires. With session_limit_action evict_oldest the account's owner lets a new sign-in end the oldest instead."},
	{curfew.KindStale, 412, "Changed in the meantime",
		"Someone else changed the same thing after the version that If-Match names. Nothing was changed by this request.",
		"Read it again, decide again, and send the change with the new ETag."},
	{curfew.KindTooLarge, 413, "Too large",
		"The body of the request is larger than 64 KiB.",
		"Send less."},
	{curfew.KindUnsupportedMedia, 415, "Media type not supported",
		"The body of the request is not declared as JSON, or at an OAuth operation as a form, or it is compressed.",
		"Send Content-Type: application/json (for PATCH also application/merge-patch+json; under /oauth2/ application/x-www-form-urlencoded) and no Content-Encoding."},
	{curfew.KindRateLimited, 429, "Too many attempts",
		"There were too many attempts in a short time. Nothing was judged.",
		"Wait as many seconds as Retry-After says, then try again."},
	{curfew.KindInternal, 500, "Internal error",
		"Something went wrong inside Curfew. What it was is in the server's log, under the request id that instance holds.",
		"Try again later. If it stays, give the operator the request id."},
	{curfew.KindUnavailable, 503, "Temporarily unavailable",
		"Curfew could not reach its store, or too many requests wait for their turn. It could not say for certain that this one took effect.",
		"Wait as many seconds as Retry-After says and send the same request again."},
}

var problemTypeOf = func() map[curfew.Kind]problemType {
	byKind := make(map[curfew.Kind]problemType, len(problemTypes)+1)
	for _, t := range problemTypes {
		byKind[t.Kind] = t
	}
	malformed := byKind[curfew.KindInvalidRequest]
	malformed.Status = 400
	byKind[curfew.KindMalformed] = malformed
	return byKind
}()
