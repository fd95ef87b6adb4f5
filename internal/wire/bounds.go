package wire

// AccountBounds are what an account's owner may choose from. A null member
// inherits the operator's.
type AccountBounds struct {
	IdleMinutesMin                  *int `json:"idle_minutes_min" doc:"The least idle limit that the owner may set, in minutes; null inherits the operator's." example:"15"`
	IdleMinutesMax                  *int `json:"idle_minutes_max" doc:"The greatest idle limit that the owner may set, in minutes; null inherits the operator's." example:"480"`
	IdleMinutesDefault              *int `json:"idle_minutes_default" doc:"The idle limit while the owner sets none, in minutes; null inherits the operator's." example:"60"`
	AbsoluteMinutesMin              *int `json:"absolute_minutes_min" doc:"The least limit on a whole session that the owner may set, in minutes; null inherits the operator's." example:"60"`
	AbsoluteMinutesMax              *int `json:"absolute_minutes_max" doc:"The greatest limit on a whole session that the owner may set, in minutes; null inherits the operator's." example:"1440"`
	AbsoluteMinutesDefault          *int `json:"absolute_minutes_default" doc:"The limit on a whole session while the owner sets none, in minutes; null inherits the operator's." example:"720"`
	MaxSessionsPerUserMax           *int `json:"max_sessions_per_user_max" doc:"The most sessions that one person may have at once; null leaves it to the owner." example:"5"`
	EffectiveIdleMinutesMin         int  `json:"effective_idle_minutes_min" doc:"What idle_minutes_min is in force." example:"15"`
	EffectiveIdleMinutesMax         int  `json:"effective_idle_minutes_max" doc:"What idle_minutes_max is in force." example:"480"`
	EffectiveIdleMinutesDefault     int  `json:"effective_idle_minutes_default" doc:"What idle_minutes_default is in force." example:"60"`
	EffectiveAbsoluteMinutesMin     int  `json:"effective_absolute_minutes_min" doc:"What absolute_minutes_min is in force." example:"60"`
	EffectiveAbsoluteMinutesMax     int  `json:"effective_absolute_minutes_max" doc:"What absolute_minutes_max is in force." example:"1440"`
	EffectiveAbsoluteMinutesDefault int  `json:"effective_absolute_minutes_default" doc:"What absolute_minutes_default is in force." example:"720"`
	EffectiveMaxSessionsPerUserMax  int  `json:"effective_max_sessions_per_user_max" doc:"What max_sessions_per_user_max is in force." example:"5"`
}

// AccountBoundsPatch changes an account's bounds.
type AccountBoundsPatch struct {
	IdleMinutesMin         Optional[Int] `json:"idle_minutes_min,omitzero" doc:"The least idle limit that the owner may set, in minutes; null inherits the operator's." example:"15"`
	IdleMinutesMax         Optional[Int] `json:"idle_minutes_max,omitzero" doc:"The greatest idle limit that the owner may set, in minutes; null inherits the operator's." example:"480"`
	IdleMinutesDefault     Optional[Int] `json:"idle_minutes_default,omitzero" doc:"The idle limit while the owner sets none, in minutes; null inherits the operator's." example:"60"`
	AbsoluteMinutesMin     Optional[Int] `json:"absolute_minutes_min,omitzero" doc:"The least limit on a whole session that the owner may set, in minutes; null inherits the operator's." example:"60"`
	AbsoluteMinutesMax     Optional[Int] `json:"absolute_minutes_max,omitzero" doc:"The greatest limit on a whole session that the owner may set, in minutes; null inherits the operator's." example:"1440"`
	AbsoluteMinutesDefault Optional[Int] `json:"absolute_minutes_default,omitzero" doc:"The limit on a whole session while the owner sets none, in minutes; null inherits the operator's." example:"720"`
	MaxSessionsPerUserMax  Optional[Int] `json:"max_sessions_per_user_max,omitzero" doc:"The most sessions that one person may have at once; null leaves it to the owner." example:"5"`
}
