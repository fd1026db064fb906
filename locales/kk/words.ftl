# Көп беттерге ортақ сөздер.

# Өтінім күйлері.
state-draft = Жоба
state-in_review = Қаралуда
state-information_requested = Мәлімет сұралды
state-waitlisted = Күту тізімінде
state-approved = Мақұлданды
state-refused = Бас тартылды
state-withdrawn = Қайтарып алынды
state-lapsed = Күшін жойды
state-revoked = Рұқсат кері алынды
state-expired = Мерзімі өтті
state-completed = Аяқталды

# Әрекеттер: түймелердегі сөздер.
action-submit = Тапсыру
action-claim = Алу
action-unclaim = Қайтару
action-assign = Тағайындау
action-endorse = Қолдау
action-request_information = Мәлімет сұрау
action-respond = Жауапты жіберу
action-resolve_finding = Ескертуді шешу
action-note = Қызметтік жазба қосу
action-refuse = Бас тарту
action-withdraw = Өтінімді қайтарып алу
action-surrender = Рұқсатты қайтару
action-revoke = Рұқсатты кері алу
action-view_document = Нөмірді толық көрсету
action-erase = Жеке деректерді жою
action-record_entry = Кіруді тіркеу
action-edit = Өзгерту
action-add_evidence = Құжат қосу
action-remove_evidence = Жою

# Не болды: тарих жолдары.
event-create = Басталды
event-edit = Сауалнама өзгертілді
event-add_evidence = Құжат қосылды
event-remove_evidence = Құжат жойылды
event-submit = Тапсырылды
event-claim = Алынды
event-unclaim = Қайтарылды
event-assign = Тағайындалды
event-endorse = Қолдау тапты
event-request_information = Мәлімет сұралды
event-respond = Жауап берілді
event-resolve_finding = Ескерту шешілді
event-note = Қызметтік жазба қосылды
event-refuse = Бас тартылды
event-withdraw = Қайтарып алынды
event-surrender = Рұқсат қайтарылды
event-revoke = Рұқсат кері алынды
event-record_entry = Кірді
event-promote = Орын босады
event-lapse = Күшін жойды
event-expire = Мерзімі өтті
event-complete = Аяқталды
event-suspend = Рұқсат тоқтатылды
event-reinstate = Рұқсат қайта күшіне енді
event-appeal = Шағым берілді
event-view_document = Құжат нөмірі қаралды
event-view_evidence = Құжат қаралды
event-erase = Жеке деректер жойылды

# Ескертулер.
severity-info = Мәлімет үшін
severity-warning = Назар аударыңыз
severity-blocking = Кедергі
finding-duplicate_case = Сол жол жүру құжатына басқа өтінім бар.
finding-earlier_refusal = Осы құжат бойынша бұрынғы өтінімнен бас тартылған немесе рұқсат кері алынған.
finding-passport_expires_soon = Паспорт мерзімі сапардан кейін көп ұзамай бітеді.
finding-declaration_answered = Денсаулық туралы мәлімдеме жауабын қарау қажет.
finding-evidence_missing = Міндетті құжат жоқ.
finding-mrz_mismatch = Машинамен оқылатын аймақ сауалнамаға сәйкес емес.

# Топтар.
batch-state-planned = Жоспарда
batch-state-open = Ашық
batch-state-closed = Жабық
batch-state-ended = Аяқталған
dimension-direction = Бағыт
dimension-category = Санат
dimension-sponsor = Демеуші
place-capacity = Орын
place-taken = Алынған
place-held = Сақталған
place-free = Бос
direction-words = { $from } → { $to }

# Сауалнама: бөлімдер мен өрістер.
section-applicant = Жолаушы
section-travel_document = Паспорт
section-employment = Жұмыс
section-journey = Сапар
section-health = Денсаулық және мәлімдемелер
section-evidence = Құжаттар
field-batch = Топ
field-direction = Бағыт
field-category = Санат
field-applicant-family_name = Тегі
field-applicant-given_names = Аты
field-applicant-native_name = Аты-жөні ана тілінде
field-applicant-birth_date = Туған күні
field-applicant-sex = Жынысы
field-applicant-nationality = Азаматтығы
field-applicant-residence = Тұратын елі
field-applicant-email = Электрондық пошта
field-applicant-phone = Телефон
field-travel_document-type = Түрі
field-travel_document-number = Паспорт нөмірі
field-travel_document-issuer = Берген ел
field-travel_document-issued_on = Берілген күні
field-travel_document-expires_on = Жарамдылық мерзімі
field-travel_document-mrz = Машинамен оқылатын аймақ
field-employment-employer = Жұмыс беруші
field-employment-position = Лауазымы
field-employment-host = Қабылдаушы тарап
field-employment-project = Жоба
field-employment-project_priority = Жобаның басымдығы
field-employment-sponsor = Демеуші
field-journey-purpose = Сапар мақсаты
field-journey-arrive_on = Келетін күні
field-journey-leave_on = Кететін күні
field-journey-port_of_entry = Кіру бекеті
field-journey-itinerary = Бағдар
field-journey-itinerary-from = Бастап
field-journey-itinerary-to = Дейін
field-journey-itinerary-place = Орын
field-health-declarations = Мәлімдемелер
field-health-proofs = Денсаулық анықтамалары
field-health-proofs-kind = Түрі
field-health-proofs-issuer = Кім берген
field-health-proofs-issued_on = Берілген күні
field-health-proofs-valid_until = Жарамды мерзімі
field-health-proofs-number = Нөмірі
field-grounds = Негіздер
field-message = Хабарлама
field-note = Ескертпе
field-questions = Сұрақтар
field-answers = Жауап
field-respond_by = Жауап мерзімі
field-file = Файл
field-assignee = Қызметкер
sex-F = Әйел
sex-M = Ер
sex-X = Көрсетілмеген
answer-yes = Иә
answer-no = Жоқ

# Рұқсат.
authorization-number = Нөмірі
authorization-state-valid = Жарамды
authorization-state-suspended = Тоқтатылған
authorization-state-revoked = Кері алынған
authorization-state-expired = Мерзімі өткен
authorization-state-used = Пайдаланылған
