import Configuration
import Testing

@Suite("names of database servers")
struct ServerNameTests {
    @Test(
        "a server has one name, whoever connects and however that is written",
        arguments: [
            ("host=DB1 dbname=a user=clvd_a", "db1:5432"),
            ("host = db1 port='5433' dbname = b", "db1:5433"),
            ("dbname=a hostaddr=10.0.0.7 host=db1", "10.0.0.7:5432"),
            ("host='/var/run/my dir' dbname=a", "/var/run/my dir:5432"),
            ("host='o\\'neill' dbname=a", "o'neill:5432"),
            ("service=acme", "service acme"), ("service=acme host=db1", "db1:5432"),
            ("dbname=a", ":5432"), ("", ":5432"), ("host=", ":5432"), ("=", ":5432"),
            ("postgresql://clvd@db1/shop", "db1:5432"),
            ("postgres://db1:5433/shop?sslmode=require", "db1:5433"),
            ("postgresql://u@a:1,b:2/shop", "a,b:1,2"),
            ("postgresql://[2001:db8::7]:5433/shop", "2001:db8::7:5433"),
            ("postgresql:///shop?host=%2Fvar%2Frun&port=5434", "/var/run:5434"),
            ("postgresql://%2Fvar%2Frun/shop", "/var/run:5432"),
        ]
    )
    func strings(conninfo: String, name: String) {
        var connection = ConnectionSettings()
        connection.conninfo = conninfo
        #expect(connection.serverName == name)
    }

    @Test("the parts of a connector name the same server as a string does")
    func parts() {
        var connection = ConnectionSettings()
        (connection.server, connection.database) = ("db1", "a")
        #expect(connection.serverName == "db1:5432")
        connection.port = 5433
        #expect(connection.serverName == "db1:5433")
    }
}
