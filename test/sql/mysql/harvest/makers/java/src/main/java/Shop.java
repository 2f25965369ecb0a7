import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Lob;
import jakarta.persistence.LockModeType;
import jakarta.persistence.ManyToMany;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/** Hibernate. */
public final class Shop {
  @Entity(name = "Author")
  public static class Author {
    @Id @GeneratedValue(strategy = GenerationType.IDENTITY) Integer id;
    @Column(unique = true, length = 80) String name;
    LocalDate born;
    @OneToMany(mappedBy = "author") List<Book> books = new ArrayList<>();
  }

  @Entity(name = "Book")
  public static class Book {
    @Id @GeneratedValue(strategy = GenerationType.AUTO) Long id;
    String title;
    @Column(precision = 10, scale = 2) BigDecimal price;
    @Lob byte[] cover;
    @Version int version;
    @ManyToOne Author author;
    @ManyToMany Set<Tag> tags = new HashSet<>();
  }

  @Entity(name = "Tag")
  public static class Tag {
    @Id @GeneratedValue(strategy = GenerationType.UUID) String id;
    String label;
  }

  private static Configuration configuration(String connector, String schema) {
    return new Configuration().addAnnotatedClass(Author.class).addAnnotatedClass(Book.class).addAnnotatedClass(Tag.class)
      .setProperty("hibernate.connection.url", Where.url(connector)).setProperty("hibernate.connection.username", Where.user()).setProperty("hibernate.connection.password", Where.password())
      .setProperty("hibernate.hbm2ddl.auto", schema);
  }

  public static void main(String[] args) throws Exception {
    try (SessionFactory first = configuration(args[0], "update").buildSessionFactory()) {
      first.inTransaction(session -> session.createNativeQuery("SELECT 1", Integer.class).getSingleResult());
    }
    try (SessionFactory factory = configuration(args[0], "validate").setProperty("hibernate.jdbc.batch_size", "20").buildSessionFactory()) {
      factory.inTransaction(session -> {
        var ann = new Author();
        ann.name = "Ann O'Hara";
        ann.born = LocalDate.of(1970, 1, 2);
        session.persist(ann);
        var tag = new Tag();
        tag.label = "new";
        session.persist(tag);
        for (String title : List.of("One", "Two", "Three%")) {
          var book = new Book();
          book.title = title;
          book.price = new BigDecimal("9.50");
          book.cover = new byte[] {0, (byte) 255, 39};
          book.author = ann;
          book.tags.add(tag);
          session.persist(book);
        }
      });
      factory.inTransaction(session -> {
        session.createQuery("select distinct a from Author a left join fetch a.books b where b.price > :p order by a.name", Author.class).setParameter("p", BigDecimal.ONE).getResultList();
        session.createQuery("from Book b where b.title like 'T%' or b.price between 1 and 5 or b.id in (1, 2)", Book.class).setMaxResults(5).setFirstResult(1).getResultList();
        session.createQuery("select b.author.name, count(*), sum(b.price) from Book b group by b.author.name having count(*) > 1", Object[].class).getResultList();
        session.createQuery("from Author a where exists (select 1 from Book b where b.author = a) and year(a.born) = 1970", Author.class).getResultList();
        session.createQuery("select upper(b.title), case when b.price > 5 then 'dear' else 'cheap' end, cast(b.price as integer), current_timestamp from Book b", Object[].class).getResultList();
        session.createQuery("update Book b set b.price = b.price * 2 where b.title = 'Two'").executeUpdate();
        session.createQuery("delete from Tag t where t.label = 'none'").executeUpdate();
        var book = session.find(Book.class, 1L, LockModeType.PESSIMISTIC_WRITE);
        if (book != null) {
          book.title = "Uno";
          book.tags.clear();
        }
        session.find(Book.class, 2L, LockModeType.PESSIMISTIC_READ);
        session.flush();
        if (book != null) session.remove(book);
      });
      try {
        factory.inTransaction(session -> {
          session.persist(new Author());
          throw new IllegalStateException();
        });
      } catch (IllegalStateException expected) {
        // rolled back
      }
      factory.getSchemaManager().validateMappedObjects();
      factory.getSchemaManager().truncateMappedObjects();
      factory.getSchemaManager().dropMappedObjects(false);
    }
    try (var connection = java.sql.DriverManager.getConnection(Where.url(args[0]), Where.user(), Where.password())) {
      System.out.println("Hibernate " + org.hibernate.Version.getVersionString() + ", " + connection.getMetaData().getDriverName() + " " + connection.getMetaData().getDriverVersion().replaceAll(" .*", ""));
    }
  }
}
