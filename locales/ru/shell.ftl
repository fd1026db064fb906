# The frame around every page.

service-name = Corridor
page-title = { $title } – Corridor
page-title-error = Ошибка: { $title } – Corridor
skip-to-content = Перейти к содержанию
nav-main = Основная навигация
nav-language = Язык
nav-applications = Заявления
nav-sponsorships = Запросы спонсору
nav-queue = Очередь
nav-batches = Партии
nav-jobs = Задания
nav-journal = Журнал
nav-sign-in = Войти
nav-sign-up = Создать учётную запись
nav-sign-out = Выйти
error-summary-title = Есть ошибки
start-title = Поездки ради работы, которая не может ждать
start-lead = Две страны договорились, что ключевые специалисты и деловые люди возобновят работу по обе стороны границы.
