/** Where to connect, by which driver. */
final class Where {
  static String url(String connector) {
    var env = System.getenv();
    String where = env.get("DB_HOST") + ":" + env.get("DB_PORT") + "/" + env.get("DB_NAME");
    return connector.equals("mysql") ? "jdbc:mysql://" + where + "?allowPublicKeyRetrieval=true&sslMode=DISABLED" : "jdbc:mariadb://" + where + "?allowPublicKeyRetrieval=true&sslMode=disable";
  }

  static String user() {
    return System.getenv("DB_USER");
  }

  static String password() {
    return System.getenv("DB_PASSWORD");
  }
}
