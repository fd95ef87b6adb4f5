package config

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Settings is every setting of the server as it was written.
//
// A name is that of the flag; with underscores it is the key in the settings
// file, and in upper case behind CURFEW_ the variable. The kind says what the
// file may hold besides a string: a number, a switch (true or false) or a list
// (an array of strings). A secret has no flag.
type Settings struct {
	StoreSettings

	Addr      Text `name:"addr" default:"127.0.0.1:8080" help:"Host and port that the product listens at."`
	AdminAddr Text `name:"admin-addr" default:"127.0.0.1:9090" help:"Host and port of metrics, profiles and the operator's page; empty turns them off."`
	PublicURL Text `name:"public-url" placeholder:"URL" help:"Where people and services reach this server: issuer, links, cookies. https:// unless all is loopback. Default: http:// and the listening address."`
	Audience  Text `name:"audience" placeholder:"TEXT" help:"Audience (aud) of access tokens. Default: the public URL."`

	Signup       Text `name:"signup" placeholder:"WHO" help:"Who may sign up: first (until the first account exists, on loopback only), open or closed. Default: first on loopback, else closed."`
	PolicyReason Text `name:"policy-reason" default:"optional" help:"Whether a policy beyond NIST's AAL2 figures needs a reason: optional or required."`

	SessionIdleMinutesMin         Text `name:"session-idle-minutes-min" default:"15" kind:"number" help:"Least idle limit that an account may set."`
	SessionIdleMinutesMax         Text `name:"session-idle-minutes-max" default:"43200" kind:"number" help:"Greatest idle limit that an account may set."`
	SessionIdleMinutesDefault     Text `name:"session-idle-minutes-default" default:"10080" kind:"number" help:"Idle limit of accounts that set none."`
	SessionAbsoluteMinutesMin     Text `name:"session-absolute-minutes-min" default:"60" kind:"number" help:"Least absolute limit that an account may set."`
	SessionAbsoluteMinutesMax     Text `name:"session-absolute-minutes-max" default:"129600" kind:"number" help:"Greatest absolute limit that an account may set."`
	SessionAbsoluteMinutesDefault Text `name:"session-absolute-minutes-default" default:"20160" kind:"number" help:"Absolute limit of accounts that set none."`

	AccessTokenTTL Text `name:"access-token-ttl" default:"5m" help:"Life of an access token: 1m to 15m."`
	RefreshGrace   Text `name:"refresh-grace" default:"30s" kind:"number" help:"How long a refresh token that was just replaced is still good: 0 to 60s."`
	SigningAlg     Text `name:"signing-alg" default:"EdDSA" help:"Signature of access tokens: EdDSA, ES256 or RS256."`

	SessionRetentionDays Text `name:"session-retention-days" default:"30" kind:"number" help:"How many days a session is kept after its end; 0 keeps it for ever."`
	AuditRetentionDays   Text `name:"audit-retention-days" default:"400" kind:"number" help:"How many days an event of the audit log is kept; 0 keeps it for ever."`

	PasswordMin Text `name:"password-min" default:"15" kind:"number" help:"Least length of a password: 8 to 128."`
	Throttle    Text `name:"throttle" default:"on" kind:"switch" help:"Slow down guessing: on, or off for load tests on loopback."`

	ForwardAuth Text `name:"forward-auth" default:"off" kind:"switch" help:"Whether browsers also get the access token as a cookie, by which a proxy can ask whose request one is: on or off."`

	AllowedOrigins Text `name:"allowed-origins" placeholder:"ORIGIN,..." kind:"list" help:"Other origins whose pages may call the API, such as https://app.example.com. Default: none."`
	TrustedProxies Text `name:"trusted-proxies" placeholder:"RANGE,..." kind:"list" help:"Addresses and ranges of proxies whose word on the client's address is taken. Default: none."`
	ReturnURLs     Text `name:"return-urls" placeholder:"URL,..." kind:"list" help:"Addresses of products to which the hosted pages lead back, each exactly, such as https://app.example.com/settings. Default: none."`
	WebhookAllow   Text `name:"webhook-allow" placeholder:"RANGE,..." kind:"list" help:"Private addresses and ranges that webhooks may reach, also by http. Default: none."`

	SMTPURL  Text `name:"smtp-url" secret:"" hidden:""`
	MailFrom Text `name:"mail-from" placeholder:"MAILBOX" help:"Sender of mail, such as no-reply@example.com. Set it together with $$CURFEW_SMTP_URL, which says where mail goes. Default: no mail."`
}

// StoreSettings is the part of the settings that every command with data needs.
type StoreSettings struct {
	SettingsFile Text `name:"config" placeholder:"FILE" help:"JSON file of settings. Flags and the environment go before it."`
	DataDir      Text `name:"data-dir" default:"./curfew-data" help:"Folder of the database and the secret."`
	DatabaseURL  Text `name:"database-url" default:"sqlite://" help:"Database: sqlite:// alone is curfew.db in the data folder, else a path follows; or postgres://USER@HOST/DATABASE."`

	DatabaseMaxConns         Text `name:"database-max-conns" default:"16" kind:"number" help:"Most connections to PostgreSQL: 7 to 1000."`
	DatabaseStatementTimeout Text `name:"database-statement-timeout" default:"10s" help:"How long PostgreSQL works at one statement: 1s to 10m."`
	DatabaseBatch            Text `name:"database-batch" default:"on" kind:"switch" help:"Whether PostgreSQL refreshes sessions of many accounts in one statement: on, or off where tables are sharded by account."`

	Secret         Text `name:"secret" secret:"" hidden:""`
	SecretFile     Text `name:"secret-file" placeholder:"FILE" help:"File that holds the secret, 32 bytes or more; $$CURFEW_SECRET may hold it instead. Default: secret in the data folder, made at the first start."`
	SecretPrevious Text `name:"secret-previous" secret:"" hidden:""`
}

// Text is one setting as it was written, and where. It prints as the place.
type Text struct{ text, from string }

// Decode takes the setting from kong: a Text from [written], a string from
// the command line or the default.
func (t *Text) Decode(ctx *kong.DecodeContext) error {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return errors.New("a value must follow")
	}
	if resolved, ok := token.Value.(Text); ok {
		*t = resolved
		return nil
	}
	value := ctx.Value
	if value.Tag.Has("secret") {
		return errors.New("a secret does not go on the command line, where other users of the machine can read it: put it in " + variable(value.Name))
	}
	text, from := token.String(), "--"+value.Name
	if value.HasDefault && text == value.Default {
		from = variable(value.Name)
	}
	if t.from != "" && value.Tag.Get("kind") == "list" { // the flag is repeated
		text = t.text + "," + text
	}
	*t = Text{text: text, from: from}
	return nil
}

// Format writes where the setting was written, never the text: it may be secret.
func (t Text) Format(f fmt.State, _ rune) { io.WriteString(f, t.from) }

// Defaults are the settings of a server for which nothing is written down.
func Defaults() (s Settings) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if text, ok := field.Tag.Lookup("default"); ok {
			name := field.Tag.Get("name")
			reflect.ValueOf(&s).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(Text{text: text, from: variable(name)}))
		}
	}
	return s
}

// Set writes a setting as its flag would.
func (s *Settings) Set(flag, text string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if field.Tag.Get("name") == flag && field.Type == reflect.TypeFor[Text]() {
			reflect.ValueOf(s).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(Text{text: text, from: "--" + flag}))
			return
		}
	}
	panic("config: there is no setting " + flag)
}

// kinds has the kind of every setting by the name of its flag.
var kinds = func() map[string]string {
	all := map[string]string{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if field.Type == reflect.TypeFor[Text]() {
			all[field.Tag.Get("name")] = field.Tag.Get("kind")
		}
	}
	return all
}()

const prefix = "CURFEW_"

// variable is the environment variable of a flag, key its key in the file.
func variable(name string) string { return prefix + strings.ToUpper(key(name)) }
func key(name string) string      { return strings.ReplaceAll(name, "-", "_") }
