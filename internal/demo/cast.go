package demo

import "fmt"

// The account, and what it was called at first.
const (
	accountName  = "Harbour & Pine"
	accountFirst = "Harbour and Pine"
	mailDomain   = "harbourandpine.example"
)

// names are the people of the account, owners first, and what their addresses
// begin with.
var names = []struct{ name, mailbox string }{
	{"Mara Lindqvist", "mara.lindqvist"}, {"Tobias Okafor", "tobias.okafor"}, {"Ines Carvalho", "ines.carvalho"},
	{"Priya Raman", "priya.raman"}, {"Jonas Weber", "jonas.weber"}, {"Zoë Martens", "zoe.martens"}, {"Daniel Osei", "daniel.osei"},
	{"Hana Kobayashi", "hana.kobayashi"}, {"Łucja Nowak", "lucja.nowak"}, {"Callum Reid", "callum.reid"}, {"Fatima Haddad", "fatima.haddad"},
	{"Søren Bak", "soren.bak"}, {"Grace Mbeki", "grace.mbeki"}, {"Mateo Ibarra", "mateo.ibarra"}, {"Lena Fischer", "lena.fischer"},
	{"Oskar Lund", "oskar.lund"}, {"Amara Diallo", "amara.diallo"}, {"Nils Berg", "nils.berg"}, {"Chiara Romano", "chiara.romano"},
	{"Yusuf Demir", "yusuf.demir"}, {"Ella Novak", "ella.novak"}, {"Samir Patel", "samir.patel"}, {"Maeve Doyle", "maeve.doyle"},
	{"Viktor Horvat", "viktor.horvat"}, {"Anouk Visser", "anouk.visser"}, {"Leo Fontaine", "leo.fontaine"}, {"Ruth Adeyemi", "ruth.adeyemi"},
	{"Emil Sandberg", "emil.sandberg"}, {"Noor Rahimi", "noor.rahimi"}, {"Clara Jensen", "clara.jensen"},
}

// Who is who, by their place among the names.
const (
	mara, tobias, ines = 0, 1, 2 // the owners
	priya              = 3       // the member whom the demo is shown as
	jonas              = 4       // whose refresh token is stolen
	zoe                = 5       // who is called otherwise after a while
	daniel             = 6       // who helps out as an owner for some weeks
	hana               = 7       // who loses a phone
	callum             = 9       // who leaves
	lena               = 14      // who is away for some weeks
	firstTeam          = 18      // how many are there from the beginning
)

// invited are the addresses of those who have not come yet.
var invited = []string{"freya.holm@" + mailDomain, "ivan.petrov@" + mailDomain}

// The user agents of the devices that people have.
var (
	computers = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	}
	phones = []string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
	}
	tablets = []string{
		"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	}
	stranger = device{agent: "python-requests/2.32.5", ip: "192.0.2.66"}
)

// officeIP is where the people of the account work. All addresses are of those
// that are set aside for examples (RFC 5737, RFC 3849).
const officeIP = "203.0.113.20"

// person is somebody of the account.
type person struct {
	name, email string
	password    string
	id          string
	desk        *device // where they do what needs a session
}

// deviceOf gives the n-th device of a person: the computer at work, a telephone,
// one at home, a tablet, and then again.
func deviceOf(p *person, who, n int) *device {
	home := fmt.Sprintf("198.51.100.%d", 10+who)
	switch n % 4 {
	case 1:
		return &device{owner: p, agent: phones[(who+n/4)%len(phones)], ip: fmt.Sprintf("2001:db8:40:%x::%x", who+1, n+1)}
	case 2:
		return &device{owner: p, agent: computers[(who+3+n/4)%len(computers)], ip: home}
	case 3:
		return &device{owner: p, agent: tablets[(who+n/4)%len(tablets)], ip: home}
	}
	return &device{owner: p, agent: computers[(who+n/4)%len(computers)], ip: officeIP}
}
