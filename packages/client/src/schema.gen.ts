// Made from api/openapi.yaml by gen.mjs. Do not edit.

export interface components {
    schemas: {
        AcceptInviteRequest: {
            /**
             * @description The person's name.
             * @example Grace Hopper
             */
            name: string;
            /**
             * @description The password to sign in with from now on.
             * @example correct horse battery staple
             */
            password: string;
            /** @description The code from the invitation's link (the part after #token=). */
            token: string;
        };
        Account: {
            /**
             * Format: date-time
             * @description When the account was created.
             */
            created_at: string;
            /**
             * @description The account's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /** @description Whether people sign in to the account with passwords that are kept here, and owners invite such people. */
            local_sign_in: boolean;
            /**
             * @description The account's name.
             * @example Acme
             */
            name: string;
            /** @description Who owns the account. */
            owners: components["schemas"]["Owner"][];
        };
        AccountBounds: {
            /**
             * Format: int64
             * @description The limit on a whole session while the owner sets none, in minutes; null inherits the operator's.
             * @example 720
             */
            absolute_minutes_default: number | null;
            /**
             * Format: int64
             * @description The greatest limit on a whole session that the owner may set, in minutes; null inherits the operator's.
             * @example 1440
             */
            absolute_minutes_max: number | null;
            /**
             * Format: int64
             * @description The least limit on a whole session that the owner may set, in minutes; null inherits the operator's.
             * @example 60
             */
            absolute_minutes_min: number | null;
            /**
             * Format: int64
             * @description What absolute_minutes_default is in force.
             * @example 720
             */
            effective_absolute_minutes_default: number;
            /**
             * Format: int64
             * @description What absolute_minutes_max is in force.
             * @example 1440
             */
            effective_absolute_minutes_max: number;
            /**
             * Format: int64
             * @description What absolute_minutes_min is in force.
             * @example 60
             */
            effective_absolute_minutes_min: number;
            /**
             * Format: int64
             * @description What idle_minutes_default is in force.
             * @example 60
             */
            effective_idle_minutes_default: number;
            /**
             * Format: int64
             * @description What idle_minutes_max is in force.
             * @example 480
             */
            effective_idle_minutes_max: number;
            /**
             * Format: int64
             * @description What idle_minutes_min is in force.
             * @example 15
             */
            effective_idle_minutes_min: number;
            /**
             * Format: int64
             * @description What max_sessions_per_user_max is in force.
             * @example 5
             */
            effective_max_sessions_per_user_max: number;
            /**
             * Format: int64
             * @description The idle limit while the owner sets none, in minutes; null inherits the operator's.
             * @example 60
             */
            idle_minutes_default: number | null;
            /**
             * Format: int64
             * @description The greatest idle limit that the owner may set, in minutes; null inherits the operator's.
             * @example 480
             */
            idle_minutes_max: number | null;
            /**
             * Format: int64
             * @description The least idle limit that the owner may set, in minutes; null inherits the operator's.
             * @example 15
             */
            idle_minutes_min: number | null;
            /**
             * Format: int64
             * @description The most sessions that one person may have at once; null leaves it to the owner.
             * @example 5
             */
            max_sessions_per_user_max: number | null;
        };
        AccountBoundsPatch: {
            /**
             * Format: int64
             * @description The limit on a whole session while the owner sets none, in minutes; null inherits the operator's.
             * @example 720
             */
            absolute_minutes_default?: number | null;
            /**
             * Format: int64
             * @description The greatest limit on a whole session that the owner may set, in minutes; null inherits the operator's.
             * @example 1440
             */
            absolute_minutes_max?: number | null;
            /**
             * Format: int64
             * @description The least limit on a whole session that the owner may set, in minutes; null inherits the operator's.
             * @example 60
             */
            absolute_minutes_min?: number | null;
            /**
             * Format: int64
             * @description The idle limit while the owner sets none, in minutes; null inherits the operator's.
             * @example 60
             */
            idle_minutes_default?: number | null;
            /**
             * Format: int64
             * @description The greatest idle limit that the owner may set, in minutes; null inherits the operator's.
             * @example 480
             */
            idle_minutes_max?: number | null;
            /**
             * Format: int64
             * @description The least idle limit that the owner may set, in minutes; null inherits the operator's.
             * @example 15
             */
            idle_minutes_min?: number | null;
            /**
             * Format: int64
             * @description The most sessions that one person may have at once; null leaves it to the owner.
             * @example 5
             */
            max_sessions_per_user_max?: number | null;
        };
        ActiveUser: {
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * Format: date-time
             * @description When the person last signed in.
             */
            last_login_at: string | null;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * Format: int64
             * @description How many of their sessions are active.
             * @example 2
             */
            session_count: number;
            /**
             * @description The person's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            user_id: string;
        };
        AuditActor: {
            /**
             * @description The actor's email address at that time; null without one.
             * @example ada@example.com
             */
            email: string | null;
            /**
             * @description The actor's id; null for operator and system.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string | null;
            /**
             * @description The actor's name at that time.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * @description The kind of actor.
             * @enum {string}
             */
            type: "user" | "service" | "operator" | "system";
        };
        AuditEvent: {
            /**
             * @description What happened. More actions may come.
             * @example account.session_policy_update
             */
            action: string;
            /** @description Who did it, as known at that time; null when nobody was known. */
            actor: components["schemas"]["AuditActor"] | null;
            /** @description What else belongs to this action. */
            details: {
                [key: string]: unknown;
            };
            /**
             * @description The event's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The address that the request came from.
             * @example 192.0.2.7
             */
            ip: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            occurred_at: string;
            /**
             * @description The id of that thing.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            resource_id: string;
            /**
             * @description The kind of thing it was done to, such as account, user, session or invite.
             * @example account
             */
            resource_type: string;
            /**
             * @description What the client said of itself.
             * @example Mozilla/5.0
             */
            user_agent: string;
        };
        AuditList: {
            /** @description The events of this page, newest first. */
            items: components["schemas"]["AuditEvent"][];
            /** @description The cursor of the next page; null on the last one. */
            next_cursor: string | null;
        };
        AuthConfig: {
            /**
             * Format: int64
             * @description The operator's default idle limit in minutes.
             * @example 10080
             */
            idle_minutes_default: number;
            /** @description Whether this installation sends mail, so that POST /auth/forgot works. */
            mail_enabled: boolean;
            /**
             * Format: int64
             * @description How many characters a new password needs at least.
             * @example 15
             */
            password_min: number;
            /** @description Whether no account exists yet. */
            setup_needed: boolean;
            /** @description Whether POST /auth/signup would create an account now. */
            signup_allowed: boolean;
        };
        Device: {
            /**
             * @description The browser; empty when unknown.
             * @example Firefox 144
             */
            browser: string;
            /**
             * @description The kind of device.
             * @enum {string}
             */
            kind: "desktop" | "phone" | "tablet" | "bot" | "other";
            /**
             * @description The operating system; empty when unknown.
             * @example Windows
             */
            os: string;
        };
        FieldError: {
            /**
             * @description Why it was refused.
             * @example idle_minutes must be between 15 and 43200
             */
            detail: string;
            /**
             * @description The name of the member or parameter; left out for one that is not known.
             * @example idle_minutes
             */
            field?: string;
        };
        ForgotRequest: {
            /**
             * @description The address that the person signs in with.
             * @example ada@example.com
             */
            email: string;
        };
        Health: {
            /**
             * @description Always ok; anything else is a problem.
             * @enum {string}
             */
            status: "ok";
        };
        Introspection: {
            /**
             * @description The id of the account.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            account_id?: string;
            /** @description Whether the token can be used now: genuine, in force, and of a session that is alive. */
            active: boolean;
            /**
             * @description How the person signed in (RFC 8176).
             * @example [
             *       "pwd"
             *     ]
             */
            amr?: string[];
            /**
             * @description Whom the token is for; a refresh token is for its issuer.
             * @example https://auth.example.com
             */
            aud?: string;
            /**
             * Format: int64
             * @description When the person signed in, in Unix seconds.
             */
            auth_time?: number;
            /**
             * @description Always curfew.
             * @example curfew
             */
            client_id?: string;
            /**
             * Format: int64
             * @description When the token ends at the latest, in Unix seconds. That of a refresh token is the next deadline of its session.
             */
            exp?: number;
            /**
             * Format: int64
             * @description When it was issued, in Unix seconds.
             */
            iat?: number;
            /**
             * @description Who issued the token.
             * @example https://auth.example.com
             */
            iss?: string;
            /**
             * @description The id of an access token; a refresh token has none.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            jti?: string;
            /**
             * @description What the person may do in the account now, whatever the token says.
             * @enum {string}
             */
            role?: "owner" | "member";
            /**
             * @description The id of the session.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            sid?: string;
            /**
             * @description The id of the person.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            sub?: string;
            /**
             * @description Bearer for an access token. Accept nothing else from a caller: a refresh token is for its issuer alone.
             * @enum {string}
             */
            token_type?: "Bearer" | "refresh_token";
        };
        Invite: {
            /**
             * Format: date-time
             * @description When the invitation was made.
             */
            created_at: string;
            /**
             * @description The address that the person will sign in with.
             * @example grace@example.com
             */
            email: string;
            /**
             * Format: date-time
             * @description When the link stops working.
             */
            expires_at: string;
            /**
             * @description The invitation's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The role that the person will have.
             * @enum {string}
             */
            role: "owner" | "member";
        };
        InviteList: {
            /** @description The open invitations of this page, newest first. */
            items: components["schemas"]["Invite"][];
            /** @description The cursor of the next page; null on the last one. */
            next_cursor: string | null;
        };
        InviteLookup: {
            /**
             * @description The account that the person is invited to.
             * @example Acme
             */
            account_name: string;
            /**
             * @description The address that the person will sign in with.
             * @example grace@example.com
             */
            email: string;
            /**
             * Format: date-time
             * @description When the link stops working.
             */
            expires_at: string;
            /**
             * @description The role that the person will have.
             * @enum {string}
             */
            role: "owner" | "member";
        };
        InviteLookupRequest: {
            /** @description The code from the invitation's link (the part after #token=). */
            token: string;
        };
        InviteRequest: {
            /**
             * @description The address that the person will sign in with.
             * @example grace@example.com
             */
            email: string;
            /**
             * @description The role that the person will have.
             * @enum {string}
             */
            role: "owner" | "member";
        };
        LoginRequest: {
            /**
             * @description How the refresh token comes back: cookie (the default; scripts never see it) or body (for programs without a cookie jar).
             * @enum {string}
             */
            delivery?: "cookie" | "body";
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The person's password.
             * @example correct horse battery staple
             */
            password: string;
        };
        LogoutRequest: {
            /** @description A refresh token of the session to end, of any generation. */
            refresh_token?: string;
        };
        NamePatch: {
            /**
             * @description The new name.
             * @example Acme
             */
            name: string;
        };
        NewInvite: {
            /**
             * Format: date-time
             * @description When the link stops working.
             */
            expires_at: string;
            /**
             * @description The invitation's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /** @description The link to send to the person. It is shown this once and works once. */
            invite_url: string;
            /** @description Whether the link is on its way to the person by mail. */
            mailed: boolean;
        };
        NewResetLink: {
            /**
             * Format: date-time
             * @description When the link stops working.
             */
            expires_at: string;
            /** @description The link to give to the person. It is shown this once and works once. */
            reset_url: string;
        };
        NewWebhook: {
            /** @description Which events it is told of. */
            events: string[];
            /**
             * @description The endpoint's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description What signs its events. It is shown this once.
             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
             */
            secret: string;
            /**
             * @description Where events are sent.
             * @example https://app.example.com/hooks/curfew
             */
            url: string;
        };
        OAuthError: {
            /**
             * @description What went wrong this time, in words for people.
             * @example The service key is not valid.
             */
            detail: string;
            /**
             * @description What went wrong, in a word of OAuth's.
             * @enum {string}
             */
            error: "invalid_request" | "invalid_client" | "invalid_token" | "insufficient_scope" | "access_denied" | "temporarily_unavailable" | "server_error";
            /** @description The same as detail. */
            error_description: string;
            /**
             * @description The id of the request, as in X-Request-Id and in the server's log.
             * @example K3QJ7WZ2M5T4XH6N
             */
            instance: string;
            /**
             * @description For wrong-scope: the scope that the service key would need.
             * @example tokens:introspect
             */
            scope?: string;
            /**
             * Format: int64
             * @description The HTTP status.
             * @example 401
             */
            status: number;
            /**
             * @description The type in words; the same for every problem of the type.
             * @example Token not valid
             */
            title: string;
            /**
             * @description What went wrong, as a stable relative URI; the page behind it explains it.
             * @example /problems/invalid-token
             */
            type: string;
        };
        Owner: {
            /**
             * @description The owner's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The owner's name.
             * @example Ada Lovelace
             */
            name: string;
        };
        PasswordChangeRequest: {
            /**
             * @description The password so far.
             * @example correct horse battery staple
             */
            current_password: string;
            /**
             * @description The password from now on.
             * @example a much longer and better one
             */
            new_password: string;
        };
        Person: {
            /**
             * @description The person's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
        };
        PersonMail: {
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The product's own id of the person, where there is one; only services are told.
             * @example user_42
             */
            external_id?: string;
            /**
             * @description The person's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
        };
        PortalLink: {
            /**
             * Format: date-time
             * @description When the link stops working, a minute from now.
             */
            expires_at: string;
            /**
             * @description The link, for this person's browser alone: it works once. Shown once.
             * @example https://auth.example.com/portal#code=cfo_...
             */
            url: string;
        };
        PortalLinkRequest: {
            /**
             * @description The product's own id of the account.
             * @example acct_4711
             */
            account: string;
            /**
             * @description The page to open; left out, the policy for an owner and the account for a member.
             * @enum {string}
             */
            page?: "security" | "account" | "sessions" | "people" | "audit";
            /**
             * @description Where the pages lead back to: exactly one of those that the operator has registered (CURFEW_RETURN_URLS).
             * @example https://app.example.com/settings
             */
            return_url?: string;
            /**
             * @description A session of the person in the product, by its id: that of the pages ends with it.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            session?: string;
            /**
             * @description The product's own id of the person.
             * @example user_42
             */
            user: string;
        };
        PortalRequest: {
            /** @description The code from the link (the part after #code=). */
            code: string;
            /** @description Whether somebody else who is signed in in this browser is to be signed out. */
            replace?: boolean;
        };
        PortalResponse: {
            /** @description A signed JWT (RFC 9068) for the Authorization header of every other call. Keep it in memory only. */
            access_token: string;
            /** @description The account that the person belongs to. */
            account: components["schemas"]["SessionAccount"];
            /**
             * Format: int64
             * @description Seconds until the access token expires; never past the session's own deadlines.
             * @example 300
             */
            expires_in: number;
            /**
             * @description The page to open.
             * @enum {string}
             */
            page: "security" | "account" | "sessions" | "people" | "audit";
            /** @description Only when the token is delivered in the body: at sign-in with delivery body, when the refresh token came in the body, and where a service started the session. */
            refresh_token?: string;
            /**
             * @description Where the pages lead back to; null for nowhere.
             * @example https://app.example.com/settings
             */
            return_url: string | null;
            /**
             * Format: date-time
             * @description The server's clock, so that a client can tell how far its own is off.
             */
            server_time: string;
            /** @description The session. */
            session: components["schemas"]["Session"];
            /**
             * @description Always Bearer.
             * @enum {string}
             */
            token_type: "Bearer";
            /** @description The person who is signed in. */
            user: components["schemas"]["SessionUser"];
        };
        Preset: {
            /**
             * Format: int64
             * @description Its limit on a whole session; null inherits the default.
             * @example 720
             */
            absolute_minutes: number | null;
            /**
             * Format: int64
             * @description Its idle limit; null inherits the default.
             * @example 15
             */
            idle_minutes: number | null;
            /**
             * @description The preset's name.
             * @enum {string}
             */
            name: "strict" | "standard";
        };
        PreviewUser: {
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * Format: int64
             * @description How many of their sessions would end at once.
             * @example 1
             */
            sessions_ending: number;
            /**
             * Format: int64
             * @description How many of their sessions would end earlier than now planned.
             * @example 2
             */
            sessions_shortened: number;
            /**
             * @description The person's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            user_id: string;
        };
        Problem: {
            /**
             * @description What went wrong this time, in words for people.
             * @example idle_minutes must be between 15 and 43200
             */
            detail: string;
            /** @description Each member that was refused; the first one's detail is the problem's. */
            errors?: components["schemas"]["FieldError"][];
            /**
             * Format: int32
             * @description For generation-moved: the generation of the token that was presented.
             * @example 7
             */
            generation?: number;
            /**
             * @description The id of the request, as in X-Request-Id and in the server's log.
             * @example K3QJ7WZ2M5T4XH6N
             */
            instance: string;
            /**
             * @description For an ended session: why it ended, such as idle, absolute, logout or owner_all. Treat an unknown reason as owner_session.
             * @example idle
             */
            reason?: string;
            /**
             * @description For wrong-scope: the scope that the service key would need.
             * @example sessions:write
             */
            scope?: string;
            /**
             * @description For generation-moved: the session of the token that was presented.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            session_id?: string;
            /**
             * Format: int64
             * @description The HTTP status.
             * @example 422
             */
            status: number;
            /**
             * @description The type in words; the same for every problem of the type.
             * @example Invalid request
             */
            title: string;
            /**
             * @description What went wrong, as a stable relative URI; the page behind it explains it.
             * @example /problems/invalid-request
             */
            type: string;
        };
        Receipt: {
            /**
             * Format: date-time
             * @description When they were ended here.
             */
            acknowledged_at: string;
            /**
             * @description The receipt's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * Format: int64
             * @description The greatest of their milliseconds; null while none has acknowledged.
             * @example 120
             */
            max_ms: number | null;
            /**
             * Format: int64
             * @description The median of their milliseconds; null while none has acknowledged.
             * @example 41
             */
            p50_ms: number | null;
            /**
             * Format: int64
             * @description How many sessions were active and are now over.
             * @example 5
             */
            revoked_count: number;
            /**
             * @description Which sessions were ended.
             * @enum {string}
             */
            scope: "all" | "others";
            /**
             * @description everywhere once all verifiers have acknowledged, or worst_case_at is past; spreading until then.
             * @enum {string}
             */
            state: "spreading" | "everywhere";
            /** @description The services that verify access tokens themselves and follow the revocation feed, by name. */
            verifiers: components["schemas"]["ReceiptVerifier"][];
            /**
             * Format: date-time
             * @description When every access token of the ended sessions has expired, whoever has heard.
             */
            worst_case_at: string;
        };
        ReceiptKey: {
            /**
             * Format: date-time
             * @description When the token stops to work.
             */
            expires_at: string;
            /**
             * @description The receipt's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description A bearer token that reads this receipt and nothing else, also when the caller's own session is over.
             * @example cfq_AZeyxI86fSGcVT6PGi
             */
            token: string;
        };
        ReceiptVerifier: {
            /**
             * Format: date-time
             * @description Until when it may accept a token of an ended session at worst; null once it has acknowledged.
             */
            accepts_until: string | null;
            /**
             * Format: date-time
             * @description When it was last heard of.
             */
            last_heard_at: string;
            /**
             * Format: int64
             * @description How long it took to acknowledge; null while it has not.
             * @example 41
             */
            milliseconds: number | null;
            /**
             * @description What the service calls itself.
             * @example orders
             */
            name: string;
            /**
             * @description acknowledged: it refuses the ended sessions. lagging: it was heard of within 5 seconds, but has not applied their end yet. silent: it was not.
             * @enum {string}
             */
            state: "acknowledged" | "lagging" | "silent";
        };
        RefreshRequest: {
            /**
             * @description Names this rotation, chosen at random by the client. The same value in a retry gives the same successor.
             * @example Zk3v9QmT0bL7xW2p
             */
            attempt?: string;
            /**
             * Format: int64
             * @description The generation that the client believes current, together with session_id.
             * @example 7
             */
            generation?: number;
            /**
             * Format: int64
             * @description How long ago the person last touched the product, so that refreshes in the background never extend an absent person's session. Left out: just now.
             * @example 12
             */
            inactive_seconds?: number;
            /** @description The refresh token; without one the cookie's is taken. The answer delivers the successor in the same way. */
            refresh_token?: string;
            /**
             * @description The session that the client believes in, together with generation.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            session_id?: string;
        };
        ResetLookup: {
            /**
             * @description The address that the person signs in with.
             * @example ada@example.com
             */
            email: string;
            /**
             * Format: date-time
             * @description When the link stops working.
             */
            expires_at: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
        };
        ResetLookupRequest: {
            /** @description The code from the link (the part after #token=). */
            token: string;
        };
        ResetPasswordRequest: {
            /**
             * @description The password to sign in with from now on.
             * @example correct horse battery staple
             */
            password: string;
            /** @description The code from the link (the part after #token=). */
            token: string;
        };
        Revocation: {
            /**
             * @description The account it is about; left out in an entry for every account.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            account_id?: string;
            /**
             * Format: date-time
             * @description With session_id: refused from then on; without it at once.
             */
            at?: string;
            /**
             * Format: int64
             * @description Tokens of the account are refused whose ae is below it or, with user_id, whose ue is; an absent claim is 0.
             */
            epoch?: number;
            /** @description With epoch: tokens of these sessions are not refused by it. */
            except?: string[];
            /**
             * Format: date-time
             * @description Tokens of every account are refused whose iat is earlier.
             */
            minted_before?: string;
            /**
             * @description Tokens of this session (sid) are refused.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            session_id?: string;
            /**
             * Format: date-time
             * @description After this time no token that the entry speaks of is alive, and it can be forgotten.
             */
            until: string;
            /**
             * @description With epoch: only tokens of this person (sub), whose ue is below it.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            user_id?: string;
        };
        RevocationHead: {
            /**
             * @description The cursor that the verifier's own must cover.
             * @example AQ
             */
            cursor: string;
            /**
             * Format: date-time
             * @description The time at the server, by which a verifier judges what is over.
             */
            server_time: string;
        };
        RevocationSnapshot: {
            /**
             * @description How far one has come who has applied all entries.
             * @example AQ
             */
            cursor: string;
            /** @description All revocations that still matter, in no particular order. They add to what is known, and replace nothing. */
            entries: components["schemas"]["Revocation"][];
            /**
             * Format: date-time
             * @description The time at the server.
             */
            server_time: string;
        };
        RevokeSessionsRequest: {
            /**
             * @description all ends every active session of the account, the caller's own included; others keeps all sessions of the caller.
             * @enum {string}
             */
            scope: "all" | "others";
        };
        RevokedCount: {
            /**
             * Format: int64
             * @description How many sessions were active and are now over.
             * @example 5
             */
            revoked_count: number;
        };
        Security: {
            /**
             * Format: int64
             * @description The owner's limit on a whole session in minutes; null inherits the default.
             * @example 20160
             */
            absolute_minutes: number | null;
            /**
             * Format: int64
             * @description What absolute_minutes is while it is null.
             * @example 20160
             */
            absolute_minutes_default: number;
            /**
             * Format: int64
             * @description The most that absolute_minutes may be.
             * @example 129600
             */
            absolute_minutes_max: number;
            /**
             * Format: int64
             * @description The least that absolute_minutes may be.
             * @example 60
             */
            absolute_minutes_min: number;
            /**
             * Format: int64
             * @description How many sessions are active.
             * @example 5
             */
            active_session_count: number;
            /**
             * Format: int64
             * @description How many people have an active session.
             * @example 3
             */
            active_user_count: number;
            /** @description Everyone with at least one active session, latest sign-in first; at most 500. */
            active_users: components["schemas"]["ActiveUser"][];
            /**
             * Format: int64
             * @description The limit on a whole session in force for new sessions.
             * @example 20160
             */
            effective_absolute_minutes: number;
            /**
             * Format: int64
             * @description The idle limit in force for new sessions.
             * @example 10080
             */
            effective_idle_minutes: number;
            /**
             * Format: int64
             * @description The limit on one person's sessions in force; null for none.
             * @example 3
             */
            effective_max_sessions_per_user: number | null;
            /**
             * Format: int64
             * @description The owner's idle limit in minutes; null inherits the default.
             * @example 10080
             */
            idle_minutes: number | null;
            /**
             * Format: int64
             * @description What idle_minutes is while it is null.
             * @example 10080
             */
            idle_minutes_default: number;
            /**
             * Format: int64
             * @description The most that idle_minutes may be.
             * @example 43200
             */
            idle_minutes_max: number;
            /**
             * Format: int64
             * @description The least that idle_minutes may be.
             * @example 15
             */
            idle_minutes_min: number;
            /**
             * Format: int64
             * @description The owner's limit on the sessions that one person may have at once; null sets none.
             * @example 3
             */
            max_sessions_per_user: number | null;
            /**
             * Format: int64
             * @description The most that max_sessions_per_user may be; the least is 1.
             * @example 100
             */
            max_sessions_per_user_max: number;
            /**
             * @description The preset that the policy is exactly, or custom.
             * @enum {string}
             */
            preset: "strict" | "standard" | "custom";
            /** @description The presets that the operator's bounds allow, strictest first. */
            presets: components["schemas"]["Preset"][];
            /**
             * @description What a sign-in does at that limit: end the session that was used least recently, or be refused.
             * @enum {string}
             */
            session_limit_action: "evict_oldest" | "refuse_new";
            /**
             * Format: date-time
             * @description When the policy was last changed; null if never.
             */
            updated_at: string | null;
            /** @description Who changed the policy last; null if nobody, or no person, did. */
            updated_by: components["schemas"]["Person"] | null;
        };
        SecurityPatch: {
            /**
             * Format: int64
             * @description The limit on a whole session in minutes; null inherits the default.
             * @example 1440
             */
            absolute_minutes?: number | null;
            /**
             * @description new_sessions (the default) applies at the next sign-in; all_sessions also shortens running sessions at once, and never lengthens one. Alone it applies the policy in force.
             * @enum {string}
             */
            apply_to?: "new_sessions" | "all_sessions";
            /**
             * Format: int64
             * @description The idle limit in minutes; null inherits the default.
             * @example 720
             */
            idle_minutes?: number | null;
            /**
             * Format: int64
             * @description How many sessions one person may have at once, from the next sign-in on; null sets no limit.
             * @example 3
             */
            max_sessions_per_user?: number | null;
            /**
             * @description Why, for the audit log; at most 500 characters.
             * @example Quarterly review
             */
            reason?: string;
            /**
             * @description What a sign-in does at that limit: end the session that was used least recently, or be refused. null is evict_oldest.
             * @enum {string|null}
             */
            session_limit_action?: "evict_oldest" | "refuse_new" | null;
        };
        SecurityPreview: {
            /** @description Whether the caller's own session would end at once. */
            ends_current_session: boolean;
            /**
             * Format: int64
             * @description How many sessions would end at once.
             * @example 3
             */
            sessions_ending_now: number;
            /**
             * Format: int64
             * @description How many sessions would end earlier than now planned.
             * @example 9
             */
            sessions_shortened: number;
            /** @description The people affected; at most 200. */
            users: components["schemas"]["PreviewUser"][];
            /**
             * Format: int64
             * @description How many people own one of these sessions.
             * @example 4
             */
            users_affected: number;
            /** @description Whether more people are affected than users names. */
            users_truncated: boolean;
        };
        SecurityPreviewRequest: {
            /**
             * Format: int64
             * @description The limit on a whole session in minutes; null inherits the default; absent leaves it as it is.
             * @example 1440
             */
            absolute_minutes?: number | null;
            /**
             * Format: int64
             * @description The idle limit in minutes; null inherits the default; absent leaves it as it is.
             * @example 720
             */
            idle_minutes?: number | null;
        };
        ServerMetadata: {
            /** @description Empty: there is no token endpoint. */
            grant_types_supported: string[];
            /**
             * @description Where services ask what a token is worth.
             * @example https://auth.example.com/oauth2/introspect
             */
            introspection_endpoint: string;
            /**
             * @description How a service proves itself there: with its key as a bearer token, or as a client's secret.
             * @example [
             *       "client_secret_basic",
             *       "Bearer"
             *     ]
             */
            introspection_endpoint_auth_methods_supported: string[];
            /**
             * @description The iss of access tokens.
             * @example https://auth.example.com
             */
            issuer: string;
            /**
             * @description Where the keys are.
             * @example https://auth.example.com/.well-known/jwks.json
             */
            jwks_uri: string;
            /** @description Empty: there is no authorization endpoint. */
            response_types_supported: string[];
            /**
             * @description Where services end the session of a token.
             * @example https://auth.example.com/oauth2/revoke
             */
            revocation_endpoint: string;
            /**
             * @description How an OAuth client proves itself there. A service key as a bearer token is taken too; for that this list has no word.
             * @example [
             *       "client_secret_basic"
             *     ]
             */
            revocation_endpoint_auth_methods_supported: string[];
            /**
             * @description Where this API is explained.
             * @example https://auth.example.com/docs
             */
            service_documentation: string;
        };
        ServiceAccount: {
            /**
             * Format: date-time
             * @description When the account was created here.
             */
            created_at: string;
            /**
             * @description The product's own id of the account.
             * @example acct_4711
             */
            external_id: string;
            /**
             * @description The account's id here, as in tokens.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /** @description Whether people sign in to the account with passwords that are kept here, and owners invite such people. */
            local_sign_in: boolean;
            /**
             * @description The account's name.
             * @example Acme
             */
            name: string;
        };
        ServiceAccountPut: {
            /** @description Whether people sign in to the account with passwords that are kept here, and owners invite such people; left out, it stays as it is. A new account begins with true. */
            local_sign_in?: boolean;
            /**
             * @description The account's name, as its people see it.
             * @example Acme
             */
            name: string;
        };
        ServiceRevokeSessionsRequest: {
            /**
             * @description The product's own id of the person whose sessions go on; required with others.
             * @example user_42
             */
            keep_user?: string;
            /** @description Why, in at most 500 characters, for the account's audit log. Clients are told the reason service. */
            reason?: string;
            /**
             * @description all ends every active session of the account; others keeps those of one person.
             * @enum {string}
             */
            scope: "all" | "others";
        };
        ServiceRevokeUserSessionsRequest: {
            /** @description Why, in at most 500 characters, for the account's audit log. Clients are told the reason service. */
            reason?: string;
        };
        ServiceSessionStart: {
            /** @description The account that the person belongs to. */
            account: components["schemas"]["ServiceStartAccount"];
            /**
             * @description How the person has signed in (RFC 8176), such as pwd or mfa: at most 10 names of 1 to 32 letters, digits, _ . : or -. It stands in the access token.
             * @example [
             *       "pwd",
             *       "otp"
             *     ]
             */
            amr?: string[];
            /**
             * Format: date-time
             * @description When the person has signed in; left out, just now. The session's absolute deadline counts from here.
             */
            auth_time?: string;
            /**
             * @description The address that the person's request came from.
             * @example 192.0.2.7
             */
            ip?: string;
            /** @description The person who has signed in. */
            user: components["schemas"]["ServiceStartUser"];
            /**
             * @description The User-Agent header of the person's request, by which lists name the device.
             * @example Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0
             */
            user_agent?: string;
        };
        ServiceStartAccount: {
            /**
             * @description The product's own id of the account: 1 to 128 visible ASCII characters without / \ % ? #.
             * @example acct_4711
             */
            external_id: string;
            /**
             * @description The account's name. It is made where it is not known yet; one that is keeps its name.
             * @example Acme
             */
            name?: string;
        };
        ServiceStartUser: {
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email?: string;
            /**
             * @description The product's own id of the person, of the same form; unique within the account.
             * @example user_42
             */
            external_id: string;
            /**
             * @description The person's name. With email and role they are made where they are not known yet; somebody who is stays as they are.
             * @example Ada Lovelace
             */
            name?: string;
            /**
             * @description What the person may do in the account.
             * @enum {string}
             */
            role?: "owner" | "member";
        };
        ServiceUser: {
            /**
             * Format: date-time
             * @description When the person was made here.
             */
            created_at: string;
            /** @description Whether the person may not sign in. */
            disabled: boolean;
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The product's own id of the person.
             * @example user_42
             */
            external_id: string;
            /**
             * @description The person's id here, as in tokens.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * @description What the person may do in the account.
             * @enum {string}
             */
            role: "owner" | "member";
        };
        ServiceUserPut: {
            /** @description Whether the person may not sign in; left out, it stays as it is. Disabling ends the person's sessions. */
            disabled?: boolean;
            /**
             * @description The person's email address; the same one may be in use elsewhere.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * @description What the person may do in the account: owners see its sessions and set its session policy. Demoting ends the person's sessions.
             * @enum {string}
             */
            role: "owner" | "member";
        };
        Session: {
            /**
             * Format: date-time
             * @description When the session ends in any case. Never moves later.
             */
            absolute_expires_at: string;
            /**
             * Format: int64
             * @description The session ends so many minutes after sign-in, whatever the person does.
             * @example 20160
             */
            absolute_minutes: number;
            /**
             * Format: int32
             * @description How often the refresh token has rotated, plus one.
             * @example 7
             */
            generation: number;
            /**
             * @description The session's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * Format: date-time
             * @description When the session ends unless activity is reported before.
             */
            idle_expires_at: string;
            /**
             * Format: int64
             * @description The session ends after so many minutes without activity.
             * @example 10080
             */
            idle_minutes: number;
            /**
             * Format: date-time
             * @description When the person last touched the product, as far as it was reported.
             */
            last_active_at: string;
            /**
             * Format: date-time
             * @description When the person signed in.
             */
            started_at: string;
        };
        SessionAccount: {
            /**
             * @description The account's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The account's name.
             * @example Acme
             */
            name: string;
        };
        SessionItem: {
            /**
             * Format: date-time
             * @description When the session ends in any case.
             */
            absolute_expires_at: string;
            /** @description Whether this is the session that asks. */
            current: boolean;
            /** @description The device that signed in, by what it said of itself. */
            device: components["schemas"]["Device"];
            /**
             * Format: date-time
             * @description When it ended; null while active.
             */
            ended_at: string | null;
            /**
             * @description The session's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * Format: date-time
             * @description When the session ends unless activity is reported before.
             */
            idle_expires_at: string;
            /**
             * @description The address that signed in.
             * @example 192.0.2.7
             */
            ip: string;
            /**
             * Format: date-time
             * @description When the person last touched the product, as far as it was reported.
             */
            last_active_at: string;
            /**
             * @description Why it ended, such as idle, absolute, logout or owner_all; null while active. Treat an unknown reason as owner_session.
             * @example logout
             */
            reason: string | null;
            /**
             * Format: date-time
             * @description When the person signed in.
             */
            started_at: string;
            /**
             * @description active, expired (by a deadline) or revoked (by someone).
             * @enum {string}
             */
            status: "active" | "expired" | "revoked";
            /** @description Whose session it is. */
            user: components["schemas"]["PersonMail"];
        };
        SessionList: {
            /** @description The sessions of this page, latest activity first. */
            items: components["schemas"]["SessionItem"][];
            /** @description The cursor of the next page; null on the last one. */
            next_cursor: string | null;
        };
        SessionState: {
            /** @description The account that the person belongs to. */
            account: components["schemas"]["SessionAccount"];
            /**
             * Format: date-time
             * @description The server's clock, so that a client can tell how far its own is off.
             */
            server_time: string;
            /** @description The session. */
            session: components["schemas"]["Session"];
            /** @description The person who is signed in. */
            user: components["schemas"]["SessionUser"];
        };
        SessionUser: {
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The person's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * @description What the person may do in the account.
             * @enum {string}
             */
            role: "owner" | "member";
        };
        SessionsRevoked: {
            /** @description What shows which services have heard. */
            receipt: components["schemas"]["ReceiptKey"];
            /**
             * Format: int64
             * @description How many sessions were active and are now over.
             * @example 5
             */
            revoked_count: number;
        };
        SignupRequest: {
            /**
             * @description The name of the new account, as its people will see it.
             * @example Acme
             */
            account_name: string;
            /**
             * @description The owner's email address, to sign in with.
             * @example ada@example.com
             */
            email: string;
            /**
             * @description The owner's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * @description The owner's password. GET /auth/config tells how long it must be at least.
             * @example correct horse battery staple
             */
            password: string;
        };
        TokenForm: {
            /** @description An access token or a refresh token. */
            token: string;
            /** @description Ignored: a token says itself of what sort it is. */
            token_type_hint?: string;
        };
        TokenResponse: {
            /** @description A signed JWT (RFC 9068) for the Authorization header of every other call. Keep it in memory only. */
            access_token: string;
            /** @description The account that the person belongs to. */
            account: components["schemas"]["SessionAccount"];
            /**
             * Format: int64
             * @description Seconds until the access token expires; never past the session's own deadlines.
             * @example 300
             */
            expires_in: number;
            /** @description Only when the token is delivered in the body: at sign-in with delivery body, when the refresh token came in the body, and where a service started the session. */
            refresh_token?: string;
            /**
             * Format: date-time
             * @description The server's clock, so that a client can tell how far its own is off.
             */
            server_time: string;
            /** @description The session. */
            session: components["schemas"]["Session"];
            /**
             * @description Always Bearer.
             * @enum {string}
             */
            token_type: "Bearer";
            /** @description The person who is signed in. */
            user: components["schemas"]["SessionUser"];
        };
        User: {
            /**
             * Format: date-time
             * @description When the person joined.
             */
            created_at: string;
            /** @description Whether the person may not sign in. */
            disabled: boolean;
            /**
             * @description The person's email address.
             * @example ada@example.com
             */
            email: string;
            /** @description Whether the person signs in with a password kept here. */
            has_password: boolean;
            /**
             * @description The person's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * Format: date-time
             * @description When the person last signed in; null if never.
             */
            last_login_at: string | null;
            /**
             * @description The person's name.
             * @example Ada Lovelace
             */
            name: string;
            /**
             * @description What the person may do in the account.
             * @enum {string}
             */
            role: "owner" | "member";
            /**
             * Format: int64
             * @description How many of their sessions are active.
             * @example 2
             */
            session_count: number;
        };
        UserList: {
            /** @description The people of this page, by name. */
            items: components["schemas"]["User"][];
            /** @description The cursor of the next page; null on the last one. */
            next_cursor: string | null;
        };
        UserPatch: {
            /** @description Whether the person may not sign in. Disabling ends the person's sessions. */
            disabled?: boolean;
            /**
             * @description The new role. Demoting ends the person's sessions.
             * @enum {string}
             */
            role?: "owner" | "member";
        };
        Webhook: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Whether it is told of nothing. */
            disabled: boolean;
            /**
             * @description request: somebody asked for it. gone: it answered 410. null while it is not disabled.
             * @enum {string|null}
             */
            disabled_reason: "request" | "gone" | null;
            /** @description Which events it is told of. */
            events: string[];
            /**
             * @description The endpoint's id.
             * @example 0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d
             */
            id: string;
            /**
             * Format: date-time
             * @description Until when the secret before this one signs too; null when it does not.
             */
            previous_valid_until: string | null;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
            /**
             * @description Where events are sent.
             * @example https://app.example.com/hooks/curfew
             */
            url: string;
        };
        WebhookList: {
            /** @description The endpoints, oldest first. */
            items: components["schemas"]["Webhook"][];
            /** @description Always null: there are at most 20. */
            next_cursor: string | null;
        };
        WebhookPatch: {
            /** @description Whether it is told of nothing. What happens while it is disabled it is not told of afterwards either. */
            disabled?: boolean;
            /** @description Which events it is told of from now on. */
            events?: string[];
            /** @description Where events are sent from now on. */
            url?: string;
        };
        WebhookRequest: {
            /**
             * @description Which events: session.started, session.ended, session.expired, policy.updated, sessions.revoked_bulk.
             * @example [
             *       "session.ended",
             *       "sessions.revoked_bulk"
             *     ]
             */
            events: string[];
            /**
             * @description Where events are sent: https, at most 2048 bytes, without a user, password or fragment. What it may not reach says CURFEW_WEBHOOK_ALLOW.
             * @example https://app.example.com/hooks/curfew
             */
            url: string;
        };
        WebhookSecret: {
            /**
             * Format: date-time
             * @description Until when the secret before this one signs too.
             */
            previous_valid_until: string;
            /**
             * @description What signs its events from now on. It is shown this once.
             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
             */
            secret: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export interface queries {
    listAuditEvents: {
        /** @description Only events of this action. */
        action?: "account.create" | "account.update" | "account.session_policy_update" | "account.sessions_revoked_bulk" | "account.bounds_update" | "account.local_sign_in_update" | "account.revocation_receipt" | "user.create" | "user.update" | "user.role_change" | "user.disable" | "user.enable" | "user.sessions_revoked" | "user.password_change" | "user.password_reset_request" | "user.password_reset" | "user.reset_link_create" | "user.portal_link_create" | "invite.create" | "invite.delete" | "invite.accept" | "session.start" | "session.start_refused" | "session.logout" | "session.revoke" | "session.reuse_detected" | "access.denied";
        /** @description Only what this actor did. */
        actor_id?: string;
        /** @description Only events at or after this time (RFC 3339). */
        from?: string;
        /** @description Only events before this time (RFC 3339). */
        to?: string;
        /** @description How many items to answer at most. */
        limit?: number;
        /** @description The next_cursor of the page before; left out for the first page. */
        cursor?: string;
    };
    exportAuditEvents: {
        /** @description The format of the file. */
        format?: "csv" | "jsonl";
        /** @description Only events of this action. */
        action?: "account.create" | "account.update" | "account.session_policy_update" | "account.sessions_revoked_bulk" | "account.bounds_update" | "account.local_sign_in_update" | "account.revocation_receipt" | "user.create" | "user.update" | "user.role_change" | "user.disable" | "user.enable" | "user.sessions_revoked" | "user.password_change" | "user.password_reset_request" | "user.password_reset" | "user.reset_link_create" | "user.portal_link_create" | "invite.create" | "invite.delete" | "invite.accept" | "session.start" | "session.start_refused" | "session.logout" | "session.revoke" | "session.reuse_detected" | "access.denied";
        /** @description Only what this actor did. */
        actor_id?: string;
        /** @description Only events at or after this time (RFC 3339). */
        from?: string;
        /** @description Only events before this time (RFC 3339). */
        to?: string;
    };
    listInvites: {
        /** @description How many items to answer at most. */
        limit?: number;
        /** @description The next_cursor of the page before; left out for the first page. */
        cursor?: string;
    };
    listSessions: {
        /** @description Only the sessions of this person. */
        user_id?: string;
        /** @description Only sessions that live, only those that are over, or both. */
        status?: "active" | "ended" | "all";
        /** @description How many items to answer at most. */
        limit?: number;
        /** @description The next_cursor of the page before; left out for the first page. */
        cursor?: string;
    };
    listUsers: {
        /** @description How many items to answer at most. */
        limit?: number;
        /** @description The next_cursor of the page before; left out for the first page. */
        cursor?: string;
    };
    getRevocationHead: {
        /** @description A UUID that the verifier's process has drawn for itself. Without it nothing is noted. */
        verifier?: string;
        /** @description What the verifier is called: 1 to 64 characters. Required with verifier. */
        name?: string;
        /** @description The cursor that the verifier has come to; left out while it has none. */
        applied?: string;
        /** @description strict or lenient. Required with verifier. */
        mode?: string;
        /** @description Anything that was not sent before: what stands between must then ask the server, whatever it may have kept. */
        nonce?: string;
    };
    getRevocationSnapshot: {
        /** @description Anything that was not sent before: what stands between must then ask the server, whatever it may have kept. */
        nonce?: string;
    };
    streamRevocations: {
        /** @description Anything that was not sent before: what stands between must then ask the server, whatever it may have kept. */
        nonce?: string;
    };
    listServiceSessions: {
        /** @description Only the sessions of this person, by the product's own id. */
        user?: string;
        /** @description Only sessions that live, only those that are over, or both. */
        status?: "active" | "ended" | "all";
        /** @description How many items to answer at most. */
        limit?: number;
        /** @description The next_cursor of the page before; left out for the first page. */
        cursor?: string;
    };
    listMySessions: {
        /** @description Only sessions that live, only those that are over, or both. */
        status?: "active" | "ended" | "all";
        /** @description How many items to answer at most. */
        limit?: number;
        /** @description The next_cursor of the page before; left out for the first page. */
        cursor?: string;
    };
}
