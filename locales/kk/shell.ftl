# The frame around every page.

service-name = Corridor
page-title = { $title } – Corridor
page-title-error = Қате: { $title } – Corridor
skip-to-content = Мазмұнға өту
nav-main = Негізгі мәзір
nav-language = Тіл
nav-applications = Өтінімдер
nav-sponsorships = Демеушіге сұраулар
nav-queue = Кезек
nav-batches = Партиялар
nav-jobs = Тапсырмалар
nav-journal = Журнал
nav-sign-in = Кіру
nav-sign-up = Тіркелу
nav-sign-out = Шығу
error-summary-title = Қате бар
start-title = Күтуге болмайтын жұмыс үшін сапар
start-lead = Екі ел негізгі мамандар мен іскер адамдардың шекара арқылы жұмысын жалғастыруына келісті.
