package wire

// Security is an account's session policy and who is signed in. A null member
// of the policy inherits the operator's default.
type Security struct {
	IdleMinutes                 *int         `json:"idle_minutes" doc:"The owner's idle limit in minutes; null inherits the default." example:"10080"`
	AbsoluteMinutes             *int         `json:"absolute_minutes" doc:"The owner's limit on a whole session in minutes; null inherits the default." example:"20160"`
	EffectiveIdleMinutes        int          `json:"effective_idle_minutes" doc:"The idle limit in force for new sessions." example:"10080"`
	EffectiveAbsoluteMinutes    int          `json:"effective_absolute_minutes" doc:"The limit on a whole session in force for new sessions." example:"20160"`
	IdleMinutesMin              int          `json:"idle_minutes_min" doc:"The least that idle_minutes may be." example:"15"`
	IdleMinutesMax              int          `json:"idle_minutes_max" doc:"The most that idle_minutes may be." example:"43200"`
	IdleMinutesDefault          int          `json:"idle_minutes_default" doc:"What idle_minutes is while it is null." example:"10080"`
	AbsoluteMinutesMin          int          `json:"absolute_minutes_min" doc:"The least that absolute_minutes may be." example:"60"`
	AbsoluteMinutesMax          int          `json:"absolute_minutes_max" doc:"The most that absolute_minutes may be." example:"129600"`
	AbsoluteMinutesDefault      int          `json:"absolute_minutes_default" doc:"What absolute_minutes is while it is null." example:"20160"`
	MaxSessionsPerUser          *int         `json:"max_sessions_per_user" doc:"The owner's limit on the sessions that one person may have at once; null sets none." example:"3"`
	SessionLimitAction          string       `json:"session_limit_action" enum:"evict_oldest,refuse_new" doc:"What a sign-in does at that limit: end the session that was used least recently, or be refused."`
	EffectiveMaxSessionsPerUser *int         `json:"effective_max_sessions_per_user" doc:"The limit on one person's sessions in force; null for none." example:"3"`
	MaxSessionsPerUserMax       int          `json:"max_sessions_per_user_max" doc:"The most that max_sessions_per_user may be; the least is 1." example:"100"`
	Preset                      string       `json:"preset" enum:"strict,standard,custom" doc:"The preset that the policy is exactly, or custom."`
	Presets                     []Preset     `json:"presets" doc:"The presets that the operator's bounds allow, strictest first."`
	ActiveUsers                 []ActiveUser `json:"active_users" doc:"Everyone with at least one active session, latest sign-in first; at most 500."`
	ActiveUserCount             int          `json:"active_user_count" doc:"How many people have an active session." example:"3"`
	ActiveSessionCount          int          `json:"active_session_count" doc:"How many sessions are active." example:"5"`
	UpdatedAt                   *Time        `json:"updated_at" nullable:"true" doc:"When the policy was last changed; null if never."`
	UpdatedBy                   *Person      `json:"updated_by" doc:"Who changed the policy last; null if nobody, or no person, did."`
}

// Preset is a policy with a name.
type Preset struct {
	Name            string `json:"name" enum:"strict,standard" doc:"The preset's name."`
	IdleMinutes     *int   `json:"idle_minutes" doc:"Its idle limit; null inherits the default." example:"15"`
	AbsoluteMinutes *int   `json:"absolute_minutes" doc:"Its limit on a whole session; null inherits the default." example:"720"`
}

// ActiveUser is a person with at least one active session.
type ActiveUser struct {
	UserID       string `json:"user_id" doc:"The person's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name         string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email        string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	LastLoginAt  *Time  `json:"last_login_at" nullable:"true" doc:"When the person last signed in."`
	SessionCount int    `json:"session_count" doc:"How many of their sessions are active." example:"2"`
}

// Person is someone, in short.
type Person struct {
	ID   string `json:"id" doc:"The person's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
}

// SecurityPatch changes an account's session policy.
type SecurityPatch struct {
	IdleMinutes        Optional[Int]    `json:"idle_minutes,omitzero" doc:"The idle limit in minutes; null inherits the default." example:"720"`
	AbsoluteMinutes    Optional[Int]    `json:"absolute_minutes,omitzero" doc:"The limit on a whole session in minutes; null inherits the default." example:"1440"`
	MaxSessionsPerUser Optional[Int]    `json:"max_sessions_per_user,omitzero" doc:"How many sessions one person may have at once, from the next sign-in on; null sets no limit." example:"3"`
	SessionLimitAction Optional[string] `json:"session_limit_action,omitzero" enum:"evict_oldest,refuse_new" doc:"What a sign-in does at that limit: end the session that was used least recently, or be refused. null is evict_oldest."`
	ApplyTo            string           `json:"apply_to,omitempty" enum:"new_sessions,all_sessions" doc:"new_sessions (the default) applies at the next sign-in; all_sessions also shortens running sessions at once, and never lengthens one. Alone it applies the policy in force."`
	Reason             string           `json:"reason,omitempty" doc:"Why, for the audit log; at most 500 characters." example:"Quarterly review"`
}

// SecurityPreviewRequest is a policy to try out.
type SecurityPreviewRequest struct {
	IdleMinutes     Optional[Int] `json:"idle_minutes,omitzero" doc:"The idle limit in minutes; null inherits the default; absent leaves it as it is." example:"720"`
	AbsoluteMinutes Optional[Int] `json:"absolute_minutes,omitzero" doc:"The limit on a whole session in minutes; null inherits the default; absent leaves it as it is." example:"1440"`
}

// SecurityPreview is what a policy applied to all running sessions would do.
type SecurityPreview struct {
	SessionsEndingNow  int           `json:"sessions_ending_now" doc:"How many sessions would end at once." example:"3"`
	SessionsShortened  int           `json:"sessions_shortened" doc:"How many sessions would end earlier than now planned." example:"9"`
	UsersAffected      int           `json:"users_affected" doc:"How many people own one of these sessions." example:"4"`
	EndsCurrentSession bool          `json:"ends_current_session" doc:"Whether the caller's own session would end at once."`
	Users              []PreviewUser `json:"users" doc:"The people affected; at most 200."`
	UsersTruncated     bool          `json:"users_truncated" doc:"Whether more people are affected than users names."`
}

// PreviewUser is one person whom a policy would touch.
type PreviewUser struct {
	UserID            string `json:"user_id" doc:"The person's id." example:"0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d"`
	Name              string `json:"name" doc:"The person's name." example:"Ada Lovelace"`
	Email             string `json:"email" doc:"The person's email address." example:"ada@example.com"`
	SessionsEnding    int    `json:"sessions_ending" doc:"How many of their sessions would end at once." example:"1"`
	SessionsShortened int    `json:"sessions_shortened" doc:"How many of their sessions would end earlier than now planned." example:"2"`
}

// RevokeSessionsRequest ends many sessions.
type RevokeSessionsRequest struct {
	Scope string `json:"scope" enum:"all,others" doc:"all ends every active session of the account, the caller's own included; others keeps all sessions of the caller."`
}

// RevokedCount says how many sessions ended.
type RevokedCount struct {
	RevokedCount int `json:"revoked_count" doc:"How many sessions were active and are now over." example:"5"`
}
