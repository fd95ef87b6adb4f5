// Package webhook tells endpoints of other services of events, as Standard
// Webhooks: it signs and sends, judges what may be reached, and leads deliveries
// from the outbox to a queue and back. What there is to deliver, in which order
// and how often, the authority decides.
package webhook
