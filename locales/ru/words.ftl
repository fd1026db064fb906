# Слова, общие для многих страниц.

# Состояния заявки.
state-draft = Черновик
state-in_review = На рассмотрении
state-information_requested = Запрошены сведения
state-waitlisted = В листе ожидания
state-approved = Одобрена
state-refused = Отклонена
state-withdrawn = Отозвана
state-lapsed = Утратила силу
state-revoked = Разрешение отозвано
state-expired = Срок истёк
state-completed = Завершена

# Действия: слова для кнопок.
action-submit = Подать
action-claim = Взять
action-unclaim = Вернуть
action-assign = Назначить
action-endorse = Поддержать
action-request_information = Запросить сведения
action-respond = Отправить ответ
action-resolve_finding = Снять замечание
action-note = Добавить служебную заметку
action-refuse = Отклонить
action-withdraw = Отозвать заявку
action-surrender = Вернуть разрешение
action-revoke = Отозвать разрешение
action-view_document = Показать номер полностью
action-erase = Удалить персональные данные
action-record_entry = Отметить въезд
action-edit = Изменить
action-add_evidence = Добавить документ
action-remove_evidence = Удалить

# Что произошло: строки истории.
event-create = Начата
event-edit = Анкета изменена
event-add_evidence = Документ добавлен
event-remove_evidence = Документ удалён
event-submit = Подана
event-claim = Взята
event-unclaim = Возвращена
event-assign = Назначена
event-endorse = Поддержана
event-request_information = Запрошены сведения
event-respond = Дан ответ
event-resolve_finding = Замечание снято
event-note = Добавлена служебная заметка
event-refuse = Отклонена
event-withdraw = Отозвана
event-surrender = Разрешение возвращено
event-revoke = Разрешение отозвано
event-record_entry = Въезд
event-promote = Освободилось место
event-lapse = Утратила силу
event-expire = Срок истёк
event-complete = Завершена
event-suspend = Разрешение приостановлено
event-reinstate = Разрешение снова действует
event-appeal = Подана апелляция
event-view_document = Просмотрен номер документа
event-view_evidence = Просмотрен документ
event-erase = Персональные данные удалены

# Замечания.
severity-info = К сведению
severity-warning = Внимание
severity-blocking = Препятствие
finding-duplicate_case = Есть другая заявка на тот же проездной документ.
finding-earlier_refusal = Прежняя заявка на этот документ была отклонена или разрешение отозвано.
finding-passport_expires_soon = Паспорт истекает вскоре после поездки.
finding-declaration_answered = Ответ в заявлении о здоровье требует внимания.
finding-evidence_missing = Не хватает обязательного документа.
finding-mrz_mismatch = Машиносчитываемая зона не совпадает с анкетой.

# Партии.
batch-state-planned = Планируется
batch-state-open = Открыта
batch-state-closed = Закрыта
batch-state-ended = Завершена
dimension-direction = Направление
dimension-category = Категория
dimension-sponsor = Спонсор
place-capacity = Мест
place-taken = Занято
place-held = Удержано
place-free = Свободно
direction-words = { $from } → { $to }

# Анкета: разделы и поля.
section-applicant = Путешественник
section-travel_document = Паспорт
section-employment = Работа
section-journey = Поездка
section-health = Здоровье и заявления
section-evidence = Документы
field-batch = Партия
field-direction = Направление
field-category = Категория
field-applicant-family_name = Фамилия
field-applicant-given_names = Имя и отчество
field-applicant-native_name = Имя на родном языке
field-applicant-birth_date = Дата рождения
field-applicant-sex = Пол
field-applicant-nationality = Гражданство
field-applicant-residence = Страна проживания
field-applicant-email = Адрес электронной почты
field-applicant-phone = Телефон
field-travel_document-type = Вид
field-travel_document-number = Номер паспорта
field-travel_document-issuer = Страна выдачи
field-travel_document-issued_on = Дата выдачи
field-travel_document-expires_on = Действителен до
field-travel_document-mrz = Машиносчитываемая зона
field-employment-employer = Работодатель
field-employment-position = Должность
field-employment-host = Принимающая сторона
field-employment-project = Проект
field-employment-project_priority = Приоритет проекта
field-employment-sponsor = Спонсор
field-journey-purpose = Цель поездки
field-journey-arrive_on = День прибытия
field-journey-leave_on = День отъезда
field-journey-port_of_entry = Пункт въезда
field-journey-itinerary = Маршрут
field-journey-itinerary-from = С
field-journey-itinerary-to = По
field-journey-itinerary-place = Место
field-health-declarations = Заявления
field-health-proofs = Медицинские справки
field-health-proofs-kind = Вид
field-health-proofs-issuer = Кем выдана
field-health-proofs-issued_on = Дата выдачи
field-health-proofs-valid_until = Действительна до
field-health-proofs-number = Номер
field-grounds = Основания
field-message = Сообщение
field-note = Заметка
field-questions = Вопросы
field-answers = Ответ
field-respond_by = Ответ до
field-file = Файл
field-assignee = Сотрудник
sex-F = Женский
sex-M = Мужской
sex-X = Не указан
answer-yes = Да
answer-no = Нет

# Разрешение.
authorization-number = Номер
authorization-state-valid = Действует
authorization-state-suspended = Приостановлено
authorization-state-revoked = Отозвано
authorization-state-expired = Истекло
authorization-state-used = Использовано
