import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** MySQL's and MariaDB's JDBC drivers: run with `mysql` or `mariadb`, and `equal` or `held`, or `login` for users joined by commas. */
public final class Main {
  interface Scenario {
    Map<String, Object> run() throws Exception;
  }

  static String connector;

  public static void main(String[] args) throws Exception {
    connector = args[0];
    if (args[1].equals("login")) {
      for (String user : System.getenv("DB_USER").split(",")) {
        try (Connection connection = connect("user", user)) {
          Json.say(Map.of("scenario", user, "result", Map.of("user", new Sql(connection).one("select current_user()"))));
        }
      }
      return;
    }
    try (Connection connection = connect()) {
      Map<String, Scenario> scenarios = args[1].equals("held") ? new Held(connection).scenarios() : new Equal(connection).scenarios();
      for (var scenario : scenarios.entrySet()) {
        var line = new LinkedHashMap<String, Object>();
        line.put("scenario", scenario.getKey());
        try {
          line.put("result", scenario.getValue().run());
        } catch (Exception error) {
          var trace = new java.io.StringWriter();
          error.printStackTrace(new java.io.PrintWriter(trace));
          line.put("failed", trace.toString());
        }
        Json.say(line);
      }
    }
  }

  static Connection connect(String... more) throws SQLException {
    Map<String, String> env = System.getenv();
    boolean mysql = connector.equals("mysql");
    var properties = new Properties();
    properties.setProperty("user", env.get("DB_USER"));
    properties.setProperty("password", env.get("DB_PASSWORD"));
    properties.setProperty("allowMultiQueries", "true");
    properties.setProperty("allowPublicKeyRetrieval", "true");
    String trusted = env.get("DB_CA");
    if (mysql) {
      properties.setProperty("sslMode", trusted == null ? "DISABLED" : "VERIFY_IDENTITY");
      if (trusted != null) properties.setProperty("trustCertificateKeyStoreUrl", Trust.store(trusted));
      if (trusted != null) properties.setProperty("trustCertificateKeyStoreType", "PKCS12");
      if (trusted != null) properties.setProperty("trustCertificateKeyStorePassword", "secret");
    } else {
      properties.setProperty("sslMode", trusted == null ? "disable" : "verify-full");
      if (trusted != null) properties.setProperty("serverSslCert", trusted);
    }
    for (int index = 0; index < more.length; index += 2) properties.setProperty(more[index], more[index + 1]);
    return DriverManager.getConnection("jdbc:" + connector + "://127.0.0.1:" + env.get("DB_PORT") + "/" + env.get("DB_NAME"), properties);
  }

  /** With prepared statements of the server's. */
  static Connection connectPreparing(String... more) throws SQLException {
    var all = new java.util.ArrayList<>(java.util.List.of("useServerPrepStmts", "true", "cachePrepStmts", "true"));
    all.addAll(java.util.List.of(more));
    return connect(all.toArray(String[]::new));
  }

  static Map<String, Object> map(Object... pairs) {
    var map = new LinkedHashMap<String, Object>();
    for (int index = 0; index < pairs.length; index += 2) map.put((String) pairs[index], pairs[index + 1]);
    return map;
  }
}
