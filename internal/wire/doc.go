// Package wire holds what travels: the bodies of requests and answers, with
// the tags that document and bound them in the OpenAPI document. It is shared
// by the server and by the commands that talk to it, and imports the standard
// library only.
//
// A slice in an answer is never nil, so that it is never null on the wire.
package wire
