package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// api talks to a server as a service with tokens in the body would.
type api struct {
	base string
	http *http.Client
}

func newAPI(base string) *api {
	return &api{base: base, http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// tokens are what a sign-in or a refresh answers.
type tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Session      struct {
		ID         string `json:"id"`
		Generation int    `json:"generation"`
	} `json:"session"`
	Account struct {
		ID string `json:"id"`
	} `json:"account"`
}

// call sends a request and reads the answer into out, where that is not nil
// and the status is a good one. A status of 0 means that nobody answered.
func (a *api) call(method, path, bearer string, in, out any) (status int, body string, err error) {
	var send io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, "", err
		}
		send = bytes.NewReader(b)
	}
	request, err := http.NewRequest(method, a.base+path, send)
	if err != nil {
		return 0, "", err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := a.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, "", err
	}
	if out != nil && response.StatusCode < 300 {
		err = json.Unmarshal(b, out)
	}
	return response.StatusCode, string(b), err
}

// must is call where one status alone is right.
func (a *api) must(want int, method, path, bearer string, in, out any) error {
	status, body, err := a.call(method, path, bearer, in, out)
	if err == nil && status != want {
		err = fmt.Errorf("%s %s: status %d, want %d: %s", method, path, status, want, body)
	}
	return err
}

func (a *api) signUp(account, email, password string) error {
	return a.must(201, "POST", "/api/v1/auth/signup", "", map[string]string{"account_name": account, "name": "Ada", "email": email, "password": password}, nil)
}

func (a *api) signIn(email, password string) (t tokens, err error) {
	return t, a.must(200, "POST", "/api/v1/auth/login", "", map[string]string{"email": email, "password": password, "delivery": "body"}, &t)
}
