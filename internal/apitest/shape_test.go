package apitest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The shapes of the contract: member names, {...} for an object, [...] for a
// list of objects. What may be null is looked into where it is not.
const (
	sessionShape = "id generation started_at last_active_at idle_minutes absolute_minutes idle_expires_at absolute_expires_at"
	whoShape     = "user{id name email role} account{id name} server_time"
	tokenShape   = "access_token token_type expires_in session{" + sessionShape + "} " + whoShape
	bodyShape    = tokenShape + " refresh_token"
	stateShape   = "session{" + sessionShape + "} " + whoShape

	configShape = "signup_allowed setup_needed password_min idle_minutes_default mail_enabled"
	inviteShape = "account_name email role expires_at"

	securityShape = "idle_minutes absolute_minutes effective_idle_minutes effective_absolute_minutes " +
		"idle_minutes_min idle_minutes_max idle_minutes_default absolute_minutes_min absolute_minutes_max absolute_minutes_default " +
		"max_sessions_per_user session_limit_action effective_max_sessions_per_user max_sessions_per_user_max " +
		"preset presets[name idle_minutes absolute_minutes] active_users[user_id name email last_login_at session_count] " +
		"active_user_count active_session_count updated_at updated_by{id name}"
	previewShape = "sessions_ending_now sessions_shortened users_affected ends_current_session " +
		"users[user_id name email sessions_ending sessions_shortened] users_truncated"
	boundsShape = "idle_minutes_min idle_minutes_max idle_minutes_default absolute_minutes_min absolute_minutes_max absolute_minutes_default " +
		"max_sessions_per_user_max effective_idle_minutes_min effective_idle_minutes_max effective_idle_minutes_default " +
		"effective_absolute_minutes_min effective_absolute_minutes_max effective_absolute_minutes_default effective_max_sessions_per_user_max"
	revokedShape     = "revoked_count"
	endedShape       = "revoked_count receipt{id token expires_at}"
	receiptShape     = "id scope revoked_count acknowledged_at state verifiers p50_ms max_ms worst_case_at"
	sessionItemShape = "id user{id name email} started_at last_active_at idle_expires_at absolute_expires_at status ended_at reason " +
		"device{browser os kind} ip current"
	sessionListShape = "items[" + sessionItemShape + "] next_cursor"
	auditItemShape   = "id occurred_at action actor{type id name email} resource_type resource_id ip user_agent details"
	auditListShape   = "items[" + auditItemShape + "] next_cursor"

	accountShape    = "id name created_at owners[name email] local_sign_in"
	userShape       = "id name email role disabled has_password created_at last_login_at session_count"
	userListShape   = "items[" + userShape + "] next_cursor"
	newResetShape   = "reset_url expires_at"
	resetShape      = "name email expires_at"
	newInviteShape  = "id invite_url expires_at mailed"
	inviteListShape = "items[id email role created_at expires_at] next_cursor"

	problemShape = "type title status detail instance"
)

// Services are told the product's own ids.
var serviceListShape = strings.Replace(sessionListShape, "user{id", "user{external_id id", 1)

// shape is an object's members, each with the shape of what is in it; nil for
// anything, as in the details of an audit event.
type shape map[string]*part

type part struct {
	members shape // nil: not looked into
	list    bool
}

func parseShape(spec string) shape {
	rest := spec
	s := parseMembers(&rest)
	if rest != "" {
		panic("a shape that cannot be read: " + spec)
	}
	return s
}

func parseMembers(rest *string) shape {
	s := shape{}
	for {
		*rest = strings.TrimLeft(*rest, " ")
		end := strings.IndexFunc(*rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if end < 0 {
			end = len(*rest)
		}
		if end == 0 {
			return s
		}
		name := (*rest)[:end]
		*rest = (*rest)[end:]
		p := &part{}
		if *rest != "" && strings.ContainsAny((*rest)[:1], "{[") {
			p.list = (*rest)[0] == '['
			*rest = (*rest)[1:]
			p.members = parseMembers(rest)
			*rest = (*rest)[1:]
		}
		s[name] = p
	}
}

// fits lists what is wrong with a value.
func fits(s shape, v any, at string) (wrong []string) {
	members, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is no object", at)}
	}
	for name := range s {
		if _, there := members[name]; !there {
			wrong = append(wrong, at+"."+name+" is missing")
		}
	}
	for name, inner := range members {
		p := s[name]
		path := at + "." + name
		switch {
		case p == nil:
			wrong = append(wrong, path+" is not in the contract")
		case p.members == nil || inner == nil && !p.list:
		case p.list:
			items, ok := inner.([]any)
			if !ok {
				wrong = append(wrong, path+" is no list")
			}
			for i, item := range items {
				wrong = append(wrong, fits(p.members, item, fmt.Sprintf("%s[%d]", path, i))...)
			}
		default:
			wrong = append(wrong, fits(p.members, inner, path)...)
		}
	}
	slices.Sort(wrong)
	return wrong
}

var (
	uuid      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	timeText  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$`)
	noPerson  = "00000000-0000-0000-0000-000000000000"
	listNames = []string{"items", "users", "presets", "active_users", "owners", "errors", "keys",
		"response_types_supported", "grant_types_supported", "amr",
		"introspection_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported"}
)

// wellFormed holds every member of an answer against the conventions: ids are
// UUIDs of version 7, times are UTC, numbers are whole, lists are never null.
func wellFormed(name string, v any) (wrong []string) {
	bad := func(why string) { wrong = append(wrong, fmt.Sprintf("%s is %v: %s", name, v, why)) }
	switch v := v.(type) {
	case map[string]any:
		for n, inner := range v {
			if n != "details" && n != "id" || name != "" || n == "id" && len(v) > 1 {
				wrong = append(wrong, wellFormed(n, inner)...)
			}
		}
	case []any:
		for _, item := range v {
			wrong = append(wrong, wellFormed("", item)...)
		}
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			bad("no whole number")
		}
	case string:
		switch {
		case name == "client_id": // OAuth's, and no id of ours
		case name == "id" || strings.HasSuffix(name, "_id") && name != "external_id":
			if !uuid.MatchString(v) && (name != "resource_id" || v != noPerson) {
				bad("no id")
			}
		case strings.HasSuffix(name, "_at") || name == "server_time":
			if _, err := time.Parse(time.RFC3339, v); err != nil || !timeText.MatchString(v) {
				bad("no time")
			}
		}
	case nil:
		if slices.Contains(listNames, name) {
			bad("a list is never null")
		}
	}
	return wrong
}
