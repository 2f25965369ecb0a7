import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;

/** A key store with one authority, as MySQL's driver wants it. */
final class Trust {
  private static String made;

  static String store(String pem) {
    if (made != null) return made;
    try (var file = new FileInputStream(pem)) {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(file));
      Path path = Files.createTempFile("authority", ".p12");
      path.toFile().deleteOnExit();
      try (var out = Files.newOutputStream(path)) {
        store.store(out, "secret".toCharArray());
      }
      made = path.toUri().toString();
      return made;
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }
}
