package httpapi

// appPages are the paths of the hosted pages: each is answered with the app's
// shell, in which the script then shows the page. A new page of the app needs
// its path here, and nothing else on the server.
var appPages = []string{
	"/",
	"/login",
	continuePage,
	"/setup",
	"/invite",
	"/forgot",
	"/reset",
	"/portal",
	"/account",
	"/account/security",
	"/account/sessions",
	"/account/people",
	"/account/audit",
}
