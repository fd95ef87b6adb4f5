module example.com/orders

go 1.25.0

require github.com/curfew-auth/curfew/verify v0.0.0

require github.com/golang-jwt/jwt/v5 v5.3.1 // indirect

// Yours has no such line: go get github.com/curfew-auth/curfew/verify
replace github.com/curfew-auth/curfew/verify => ../../verify
