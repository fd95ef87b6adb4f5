package audit

// Describe says in one sentence what an action means, for the documentation;
// "" for an action that does not exist.
func Describe(a Action) string { return descriptions[a] }

var descriptions = map[Action]string{
	AccountCreate:              "An account was created, with its first owner.",
	AccountUpdate:              "The account was renamed.",
	AccountSessionPolicyUpdate: "An owner changed how long sessions last or how many a person may have, or applied the policy to running sessions.",
	AccountSessionsRevokedBulk: "An owner signed out everyone, or everyone else.",
	AccountBoundsUpdate:        "The product changed what the account's owners may choose from.",
	AccountLocalSignInUpdate:   "The product changed whether people sign in to the account with a password that is kept here.",
	AccountRevocationReceipt:   "Nobody accepts the sessions any more that an owner ended together: every app has confirmed it, or their last token has expired.",
	UserCreate:                 "A person joined the account.",
	UserUpdate:                 "A person's name or address was changed.",
	UserRoleChange:             "A person was made owner or member; their sessions end when they are made a member.",
	UserDisable:                "A person may no longer sign in; their sessions ended.",
	UserEnable:                 "A disabled person may sign in again.",
	UserSessionsRevoked:        "All sessions of one person, or all but the one they were using, were ended.",
	UserPasswordChange:         "A person changed their password; their other sessions ended.",
	UserPasswordResetRequest:   "Somebody asked for a mail with a link to a new password for a person.",
	UserPasswordReset:          "A new password was set by a link; all sessions of the person ended.",
	UserResetLinkCreate:        "An owner made a link by which a person sets a new password.",
	UserPortalLinkCreate:       "The product made a link that opens the hosted pages for a person.",
	InviteCreate:               "An owner invited somebody to the account.",
	InviteDelete:               "An owner took an invitation back.",
	InviteAccept:               "An invitation was accepted.",
	SessionStart:               "A person signed in.",
	SessionStartRefused:        "A sign-in was refused.",
	SessionLogout:              "A person signed out, or their session made way for a new sign-in in the same browser.",
	SessionRevoke:              "One session was ended by its own person from another device, by an owner, or by a limit.",
	SessionReuseDetected:       "A refresh token was used again after it was replaced; its session was ended.",
	ServiceKeyCreate:           "The operator made a service key.",
	ServiceKeyRotate:           "The operator gave a service key a new secret.",
	ServiceKeyRevoke:           "The operator ended a service key.",
	OperatorSignIn:             "An operator opened the operator's page with a service key.",
	WebhookCreate:              "A service had an endpoint told of events.",
	WebhookUpdate:              "A service changed an endpoint that is told of events.",
	WebhookRotate:              "A service gave an endpoint a new secret.",
	WebhookDisable:             "An endpoint said that it is gone, and is told of events no more.",
	WebhookDelete:              "A service removed an endpoint that was told of events.",
	AccessDenied:               "A person asked for something that only an owner may do, or a link that does not work was tried.",
}
